// One SGD update in place, elementwise. A step whose gradients overflowed changes nothing.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let place = (workgroup_index(group, groups) * WORKGROUP_SIZE + lane) * 4u;
  let i = u.first + place;
  if (place >= u.size || state(5u) != 0.0) { return; }
  var d = grad4(i) * state(7u) + u.weight_decay * p4(i);
  if (HAS_MOMENTUM) {
    let b = select(u.momentum * buffer4(i) + (1.0 - u.dampening) * d, d, state(0u) == 1.0);
    buffer_set4(i, b);
    d = select(b, d + u.momentum * b, NESTEROV);
  }
  let p1 = p4(i) - lr(0u) * d;
  p_set4(i, p1);
  half_set4(i, p1);
}
