// One row (batch, head, query) a workgroup: scores become dropped-out probabilities in place, and their log-sum-exp is
// kept for the backward pass. A masked key takes no part; a row with no key at all becomes zero.
const LOWEST: f32 = -3.0e38;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = workgroup_index(group, groups);
  if (row >= u.rows) { return; }
  let batch = row / u.rows_per_batch;
  let base = row * u.keys;
  var top = LOWEST;
  for (var j = lane; j < u.keys; j += WORKGROUP_SIZE) {
    if (visible(batch, j)) { top = max(top, scores(base + j)); }
  }
  top = row_max(top, lane);
  var sum = 0.0;
  for (var j = lane; j < u.keys; j += WORKGROUP_SIZE) {
    if (visible(batch, j)) { sum += exp(scores(base + j) - top); }
  }
  sum = row_sum(sum, lane);
  let inverse = select(0.0, 1.0 / sum, sum > 0.0);
  for (var j = lane; j < u.keys; j += WORKGROUP_SIZE) {
    var p = 0.0;
    if (visible(batch, j)) { p = exp(scores(base + j) - top) * inverse * kept(base + j); }
    scores_set(base + j, p);
  }
  if (lane == 0u) { lse_set(row, select(LOWEST, top + log(sum), sum > 0.0)); }
}
