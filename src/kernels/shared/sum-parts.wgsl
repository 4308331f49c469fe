// A column a thread: the sum of its parts in order.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let column = id.x;
  if (column >= u.columns) { return; }
  var sum = 0.0;
  for (var part = 0u; part < u.parts; part++) { sum += partials(part * u.stride + u.first + column); }
  if (ACCUMULATE) { sum += sums(column); }
  sums_set(column, sum);
}
