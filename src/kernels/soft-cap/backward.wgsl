// dx = dy · (1 - (y / cap)²), four values a thread.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (workgroup_index(group, groups) * WORKGROUP_SIZE + lane) * 4u;
  if (i >= u.size) { return; }
  let t = y4(i) / u.cap;
  dx_set4(i, dy4(i) * (1.0 - t * t));
}
