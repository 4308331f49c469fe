// ROWS queries of a head a workgroup: the probabilities that dropout left, made again from the log-sum-exp of each row,
// and beside them the gradient of the scores, scale · P ∘ (dO · Vᵀ ∘ kept - delta) with
// delta = rowsum(P ∘ kept ∘ dO · Vᵀ). A lane reads what it wrote itself.

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
  let batch = group.z;
  let head = group.y;
  let row0 = group.x * ROWS;
  let base = row_of(batch, head, row0) * u.length;
  make_scores(batch, head, row0, base, lane);
  make_dscores(batch, head, row0, base, lane);
  for (var r = 0u; r < ROWS; r++) {
    let i = row0 + r;
    if (i >= u.length) { break; }
    let begin = base + r * u.length;
    let lse = statistics(row_of(batch, head, i));
    var sums = vec4<f32>(0.0);
    for (var j = lane * 4u; j < u.length; j += WORKGROUP_SIZE * 4u) {
      let seen = visible4(batch, i, j);
      let p = select(vec4<f32>(0.0), exp(scores4(begin + j) * u.scale - lse), seen);
      let dp = select(vec4<f32>(0.0), dscores4(begin + j), seen) * kept4(batch, head, i, j);
      sums += p * dp;
      scores_set4(begin + j, p);
      dscores_set4(begin + j, dp);
    }
    let delta = subgroupAdd(sums.x + sums.y + sums.z + sums.w);
    for (var j = lane * 4u; j < u.length; j += WORKGROUP_SIZE * 4u) {
      let p = scores4(begin + j);
      dscores_set4(begin + j, p * (dscores4(begin + j) - delta) * u.scale);
      if (HAS_DROPOUT) { scores_set4(begin + j, p * kept4(batch, head, i, j)); }
    }
  }
}
