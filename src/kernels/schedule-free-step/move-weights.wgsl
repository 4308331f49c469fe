// p ← p + share · (z − p), elementwise.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (workgroup_index(group, groups) * WORKGROUP_SIZE + lane) * 4u;
  if (i >= u.size) { return; }
  let p1 = p4(i) + u.share * (z4(i) - p4(i));
  p_set4(i, p1);
  half_set4(i, p1);
}
