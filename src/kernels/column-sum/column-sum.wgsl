// y[part, column] = sum over the part's rows of x[row, column], rows in order.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let column = group.x * WORKGROUP_SIZE + lane;
  let part = group.y;
  if (column >= u.columns) { return; }
  let end = min((part + 1u) * u.part_rows, u.rows);
  var sum = 0.0;
  for (var row = part * u.part_rows; row < end; row++) { sum += x(row * u.columns + column); }
  y_set(part * u.columns + column, sum);
}
