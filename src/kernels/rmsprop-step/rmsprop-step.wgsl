// One RMSprop update in place, elementwise. A step whose gradients overflowed changes nothing.
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
  let v1 = u.alpha * v4(i) + u.rest * g * g;
  v_set4(i, v1);
  var variance = v1;
  if (CENTERED) {
    let mean = average4(i) + u.rest * (g - average4(i));
    average_set4(i, mean);
    variance = v1 - mean * mean;
  }
  var d = g / (sqrt(variance) + u.eps);
  if (HAS_MOMENTUM) {
    d += u.momentum * buffer4(i);
    buffer_set4(i, d);
  }
  let p1 = p4(i) - lr(0u) * d;
  p_set4(i, p1);
  half_set4(i, p1);
}
