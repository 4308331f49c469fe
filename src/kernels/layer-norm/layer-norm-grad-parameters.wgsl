// Per part of the rows and column: the sums of dy · xhat and of dy, rows in order. A second pass joins the parts.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let column = group.x * WORKGROUP_SIZE + lane;
  let part = group.y;
  if (column >= u.columns) { return; }
  let end = min((part + 1u) * u.part_rows, u.rows);
  var g = 0.0;
  var b = 0.0;
  for (var row = part * u.part_rows; row < end; row++) {
    let d = dy(row * u.columns + column);
    g += d * (x(row * u.columns + column) - mean(row)) * rstd(row);
    b += d;
  }
  dgamma_set(part * u.columns + column, g);
  dbeta_set(part * u.columns + column, b);
}
