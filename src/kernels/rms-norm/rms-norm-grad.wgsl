// Some rows a workgroup, one after the other: dx = rstd · (g - xhat · mean(g · xhat)) with g = (offset + weight) · dy, plus
// the gradient that x already has. The sums over these rows of dy · xhat go to `partials`; a second pass joins those of all
// workgroups.
var<workgroup> weight_sums: array<vec4<f32>, COLUMN_GROUPS>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  for (var c = lane; c < COLUMN_GROUPS; c += WORKGROUP_SIZE) { weight_sums[c] = vec4<f32>(0.0); }
  let first = group.x * u.part_rows;
  let end = min(first + u.part_rows, u.rows);
  for (var row = first; row < end; row++) {
    let base = row * u.columns;
    let r = statistics(row);
    var sum = 0.0;
    for (var c = lane; c < COLUMN_GROUPS; c += WORKGROUP_SIZE) {
      let d = dy_row(base, c * 4u);
      let xhat = x_row(base, c * 4u) * r;
      sum += dot((weight_row(0u, c * 4u) + u.offset) * d, xhat);
      weight_sums[c] += d * xhat;
    }
    let mean = row_sum(sum, lane) / f32(u.columns);
    for (var c = lane; c < COLUMN_GROUPS; c += WORKGROUP_SIZE) {
      let i = c * 4u;
      let g = (weight_row(0u, i) + u.offset) * dy_row(base, i);
      dx_row_set(base, i, r * (g - x_row(base, i) * r * mean) + addend_row(base, i));
    }
  }
  for (var c = lane; c < COLUMN_GROUPS; c += WORKGROUP_SIZE) {
    partials_row_set(group.x * u.columns, c * 4u, weight_sums[c]);
  }
}
