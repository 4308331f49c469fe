// y = x, four values a thread. A tail of fewer than four exists only where both sides are f32, which never happens:
// halves have a last axis that is a multiple of four.

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (workgroup_index(group, groups) * WORKGROUP_SIZE + lane) * 4u;
  if (i >= u.size) { return; }
  y_set4(i, x4(i));
}
