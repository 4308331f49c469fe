// One Lion update in place, elementwise. A step whose gradients overflowed changes nothing.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let place = (workgroup_index(group, groups) * WORKGROUP_SIZE + lane) * 4u;
  let i = u.first + place;
  if (place >= u.size || state(5u) != 0.0) { return; }
  let g = grad4(i) * state(7u);
  let rate = lr(0u);
  let d = sign(u.beta1 * m4(i) + u.rest1 * g);
  m_set4(i, u.beta2 * m4(i) + u.rest2 * g);
  let p1 = p4(i) * (1.0 - rate * u.weight_decay) - rate * d;
  p_set4(i, p1);
  half_set4(i, p1);
}
