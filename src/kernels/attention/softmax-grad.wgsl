// One row a workgroup. In: scores, and the gradient of the dropped-out probabilities. Out, in place: the dropped-out
// probabilities (for the gradient of the values), and the gradient of the scores before scaling.
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
  let log_sum = lse(row);
  var dot = 0.0;
  for (var j = lane; j < u.keys; j += WORKGROUP_SIZE) {
    if (visible(batch, j)) { dot += exp(scores(base + j) - log_sum) * kept(base + j) * dprobs(base + j); }
  }
  let delta = row_sum(dot, lane);
  for (var j = lane; j < u.keys; j += WORKGROUP_SIZE) {
    var p = 0.0;
    if (visible(batch, j)) { p = exp(scores(base + j) - log_sum); }
    let k = kept(base + j);
    scores_set(base + j, p * k);
    dprobs_set(base + j, p * (k * dprobs(base + j) - delta) * u.scale_scores);
  }
}
