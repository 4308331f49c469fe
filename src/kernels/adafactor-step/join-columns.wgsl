// A column a thread: the running mean from the sums of its parts, in order.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let column = id.x;
  if (column >= u.columns || state(5u) != 0.0) { return; }
  var sum = 0.0;
  for (var part = 0u; part < u.parts; part++) { sum += sums(part * u.columns + column); }
  let kept = 1.0 - pow(state(0u), u.decay_rate);
  let at = u.column_first + column;
  factors_set(at, kept * factors(at) + (1.0 - kept) * (sum / f32(u.rows)));
}
