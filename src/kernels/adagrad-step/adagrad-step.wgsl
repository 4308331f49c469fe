// One Adagrad update in place, elementwise. A step whose gradients overflowed changes nothing.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let place = (workgroup_index(group, groups) * WORKGROUP_SIZE + lane) * 4u;
  let i = u.first + place;
  if (place >= u.size || state(5u) != 0.0) { return; }
  let g = grad4(i) * state(7u) + u.weight_decay * p4(i);
  let sum1 = sum4(i) + g * g;
  sum_set4(i, sum1);
  let rate = lr(0u) / (1.0 + (state(0u) - 1.0) * u.lr_decay);
  let p1 = p4(i) - rate * (g / (sqrt(sum1) + u.eps));
  p_set4(i, p1);
  half_set4(i, p1);
}
