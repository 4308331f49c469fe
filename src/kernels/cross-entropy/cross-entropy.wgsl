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
  let base = row * u.classes;
  var top = LOWEST;
  for (var j = lane; j < u.classes; j += WORKGROUP_SIZE) { top = max(top, logits(base + j)); }
  top = row_max(top, lane);
  var sum = 0.0;
  var total = 0.0;
  for (var j = lane; j < u.classes; j += WORKGROUP_SIZE) {
    let d = logits(base + j) - top;
    sum += exp(d);
    total += d;
  }
  let log_sum = log(row_sum(sum, lane));
  let mean = row_sum(total, lane) / f32(u.classes);
  if (lane == 0u) {
    let label = labels(row);
    var l = 0.0;
    if (label != IGNORED) {
      let nll = log_sum - (logits(base + u32(label)) - top);
      l = (1.0 - u.smoothing) * nll + u.smoothing * (log_sum - mean);
    }
    loss_set(row, l);
    lse_set(row, top + log_sum);
  }
}
