// A column a thread, a part of the rows a row of workgroups: sums of the squares of the gradients.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let column = id.x;
  let part = id.y;
  if (column >= u.columns || part >= u.parts) { return; }
  let end = min((part + 1u) * u.rows_a_part, u.rows);
  var sum = 0.0;
  for (var row = part * u.rows_a_part; row < end; row++) {
    let g = gradient(row * u.columns + column);
    sum += g * g + SMALLEST;
  }
  sums_set(part * u.columns + column, sum);
}
