// The derivative of each loss, times the scale and the gradient of the sum; one element a thread.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = workgroup_index(group, groups) * WORKGROUP_SIZE + lane;
  if (i >= u.size) { return; }
  let x = logits(i);
  let predicted = select(1.0 / (1.0 + exp(-x)), 2.0 * x, SQUARED);
  let wanted = select(targets(i), 2.0 * targets(i), SQUARED);
  dlogits_set(i, (predicted - wanted) * dloss(0u) * scale(0u));
}
