// Elementwise: the running means of squared gradients of a parameter that is no matrix.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = workgroup_index(group, groups) * WORKGROUP_SIZE + lane;
  if (i >= u.size || state(5u) != 0.0) { return; }
  let g = gradient(i);
  let kept = decay();
  let at = u.row_first + i;
  factors_set(at, kept * factors(at) + (1.0 - kept) * (g * g + SMALLEST));
}
