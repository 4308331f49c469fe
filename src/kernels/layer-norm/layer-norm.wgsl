// One row a workgroup: mean, then variance about it, then y = (x - mean) · rstd · gamma + beta. Statistics in f32:
// mean, then rstd of all rows.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = workgroup_index(group, groups);
  if (row >= u.rows) { return; }
  let base = row * u.columns;
  let ones = vec4<f32>(1.0);
  var sum = 0.0;
  for (var i = lane * 4u; i < u.columns; i += WORKGROUP_SIZE * 4u) { sum += dot(x_row(base, i), ones); }
  let mu = row_sum(sum, lane) / f32(u.columns);
  var squares = 0.0;
  for (var i = lane * 4u; i < u.columns; i += WORKGROUP_SIZE * 4u) {
    let d = (x_row(base, i) - mu) * inside(i);
    squares += dot(d, d);
  }
  let r = 1.0 / sqrt(row_sum(squares, lane) / f32(u.columns) + u.eps);
  for (var i = lane * 4u; i < u.columns; i += WORKGROUP_SIZE * 4u) {
    y_row_set(base, i, (x_row(base, i) - mu) * r * gamma_row(0u, i) + beta_row(0u, i));
  }
  if (lane == 0u) {
    statistics_set(row, mu);
    statistics_set(u.rows + row, r);
  }
}
