// One row a workgroup: the negative log-likelihood of its label, smoothed: (1 - e) · nll + e · mean over classes of
// -log p. A row whose label is the ignored one gives zero. The log-sum-exp is kept for the backward pass.
const LOWEST: f32 = -3.0e38;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = workgroup_index(group, groups);
  if (row >= u.rows) { return; }
  let base = row * u.columns;
  var top = LOWEST;
  for (var i = lane * 4u; i < u.columns; i += WORKGROUP_SIZE * 4u) {
    let v = select(vec4<f32>(LOWEST), soft_capped(logits_row(base, i)), inside(i) > vec4<f32>(0.0));
    top = max(top, max(max(v.x, v.y), max(v.z, v.w)));
  }
  top = row_max(top, lane);
  var sum = 0.0;
  var total = 0.0;
  for (var i = lane * 4u; i < u.columns; i += WORKGROUP_SIZE * 4u) {
    let d = soft_capped(logits_row(base, i)) - top;
    let within = inside(i) > vec4<f32>(0.0);
    sum += dot(select(vec4<f32>(0.0), exp(d), within), vec4<f32>(1.0));
    total += dot(select(vec4<f32>(0.0), d, within), vec4<f32>(1.0));
  }
  let log_sum = log(row_sum(sum, lane));
  let mean = row_sum(total, lane) / f32(u.columns);
  if (lane == 0u) {
    let label = labels(u.first + row);
    var l = 0.0;
    if (label != IGNORED) {
      let nll = log_sum - (soft_capped(vec4<f32>(logits(base + u32(label)))).x - top);
      l = (1.0 - u.smoothing) * nll + u.smoothing * (log_sum - mean);
    }
    rows_set(u.first + row, l);
    rows_set(u.all + u.first + row, top + log_sum);
  }
}
