// Some rows a workgroup, one after the other: dx = rstd · (g - mean(g) - xhat · mean(g · xhat)) with g = gamma · dy, plus
// the gradient that x already has. The sums over these rows of dy · xhat and of dy go to `partials`; a second pass joins
// those of all workgroups.
var<workgroup> gamma_sums: array<vec4<f32>, COLUMN_GROUPS>;
var<workgroup> beta_sums: array<vec4<f32>, COLUMN_GROUPS>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  for (var c = lane; c < COLUMN_GROUPS; c += WORKGROUP_SIZE) {
    gamma_sums[c] = vec4<f32>(0.0);
    beta_sums[c] = vec4<f32>(0.0);
  }
  let first = group.x * u.part_rows;
  let end = min(first + u.part_rows, u.rows);
  let ones = vec4<f32>(1.0);
  for (var row = first; row < end; row++) {
    let base = row * u.columns;
    let mu = statistics(row);
    let r = statistics(u.rows + row);
    var sum_g = 0.0;
    var sum_gx = 0.0;
    for (var c = lane; c < COLUMN_GROUPS; c += WORKGROUP_SIZE) {
      let d = dy_row(base, c * 4u);
      let xhat = (x_row(base, c * 4u) - mu) * r;
      let g = gamma_row(0u, c * 4u) * d;
      sum_g += dot(g, ones);
      sum_gx += dot(g, xhat);
      gamma_sums[c] += d * xhat;
      beta_sums[c] += d;
    }
    let mean_g = row_sum(sum_g, lane) / f32(u.columns);
    let mean_gx = row_sum(sum_gx, lane) / f32(u.columns);
    for (var c = lane; c < COLUMN_GROUPS; c += WORKGROUP_SIZE) {
      let i = c * 4u;
      let xhat = (x_row(base, i) - mu) * r;
      let d = r * (gamma_row(0u, i) * dy_row(base, i) - mean_g - xhat * mean_gx);
      dx_row_set(base, i, d + addend_row(base, i));
    }
  }
  let at = group.x * 2u * u.columns;
  for (var c = lane; c < COLUMN_GROUPS; c += WORKGROUP_SIZE) {
    partials_row_set(at, c * 4u, gamma_sums[c]);
    partials_row_set(at + u.columns, c * 4u, beta_sums[c]);
  }
}
