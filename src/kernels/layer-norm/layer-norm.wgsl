// One row a workgroup: mean, then variance about it, then y = (x - mean) · rstd · gamma + beta. Statistics in f32.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = workgroup_index(group, groups);
  if (row >= u.rows) { return; }
  let base = row * u.columns;
  var sum = 0.0;
  for (var i = lane; i < u.columns; i += WORKGROUP_SIZE) { sum += x(base + i); }
  let mu = row_sum(sum, lane) / f32(u.columns);
  var squares = 0.0;
  for (var i = lane; i < u.columns; i += WORKGROUP_SIZE) {
    let d = x(base + i) - mu;
    squares += d * d;
  }
  let r = 1.0 / sqrt(row_sum(squares, lane) / f32(u.columns) + u.eps);
  for (var i = lane; i < u.columns; i += WORKGROUP_SIZE) {
    y_set(base + i, (x(base + i) - mu) * r * gamma(i) + beta(i));
  }
  if (lane == 0u) {
    mean_set(row, mu);
    rstd_set(row, r);
  }
}
