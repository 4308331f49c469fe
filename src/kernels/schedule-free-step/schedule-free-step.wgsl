// One update of schedule-free AdamW in place, elementwise; `lr` is the pace of the step. A step whose gradients overflowed
// changes nothing.
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
  let share = lr(3u);
  let y = p4(i);
  let z = select(z4(i), y, state(0u) == 1.0);
  let v1 = u.beta2 * v4(i) + u.rest2 * g * g;
  v_set4(i, v1);
  let d = g / (sqrt(v1 / state(2u)) + u.eps) + u.weight_decay * y;
  let p1 = y + share * (z - y) + (rate * (u.beta1 * (1.0 - share) - 1.0)) * d;
  z_set4(i, z - rate * d);
  p_set4(i, p1);
  half_set4(i, p1);
}
