// One row a workgroup: dx = rstd · (g - mean(g) - xhat · mean(g · xhat)) with g = gamma · dy.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = workgroup_index(group, groups);
  if (row >= u.rows) { return; }
  let base = row * u.columns;
  let mu = mean(row);
  let r = rstd(row);
  var sum_g = 0.0;
  var sum_gx = 0.0;
  for (var i = lane; i < u.columns; i += WORKGROUP_SIZE) {
    let g = gamma(i) * dy(base + i);
    sum_g += g;
    sum_gx += g * (x(base + i) - mu) * r;
  }
  let mean_g = row_sum(sum_g, lane) / f32(u.columns);
  let mean_gx = row_sum(sum_gx, lane) / f32(u.columns);
  for (var i = lane; i < u.columns; i += WORKGROUP_SIZE) {
    let xhat = (x(base + i) - mu) * r;
    dx_set(base + i, r * (gamma(i) * dy(base + i) - mean_g - xhat * mean_gx));
  }
}
