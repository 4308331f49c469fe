// One row a workgroup: y = x · rstd · (offset + weight), plus the residual. Kept for the backward pass: rstd of all rows.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = workgroup_index(group, groups);
  if (row >= u.rows) { return; }
  let base = row * u.columns;
  var squares = 0.0;
  for (var i = lane * 4u; i < u.columns; i += WORKGROUP_SIZE * 4u) {
    let v = x_row(base, i);
    squares += dot(v, v);
  }
  let r = 1.0 / sqrt(row_sum(squares, lane) / f32(u.columns) + u.eps);
  for (var i = lane * 4u; i < u.columns; i += WORKGROUP_SIZE * 4u) {
    y_row_set(base, i, x_row(base, i) * r * (weight_row(0u, i) + u.offset) + residual_row(base, i));
  }
  if (lane == 0u) { statistics_set(row, r); }
}
