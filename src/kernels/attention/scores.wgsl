// ROWS queries of a head a workgroup: scores, and in their place the probabilities that dropout leaves. Kept for the
// backward pass: the log-sum-exp of each row. A lane reads what it wrote itself.

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {
  let batch = group.z;
  let head = group.y;
  let row0 = group.x * ROWS;
  let base = row_of(batch, head, row0) * u.length;
  make_scores(batch, head, row0, base, lane);
  for (var r = 0u; r < ROWS; r++) {
    let i = row0 + r;
    if (i >= u.length) { break; }
    let begin = base + r * u.length;
    var high = vec4<f32>(LOWEST);
    for (var j = lane * 4u; j < u.length; j += WORKGROUP_SIZE * 4u) {
      let s = select(vec4<f32>(LOWEST), scores4(begin + j) * u.scale, visible4(batch, i, j));
      scores_set4(begin + j, s);
      high = max(high, s);
    }
    let top = subgroupMax(max(max(high.x, high.y), max(high.z, high.w)));
    var sums = vec4<f32>(0.0);
    for (var j = lane * 4u; j < u.length; j += WORKGROUP_SIZE * 4u) {
      let s = scores4(begin + j);
      let e = select(vec4<f32>(0.0), exp(s - top), s > vec4<f32>(LOWEST));
      scores_set4(begin + j, e);
      sums += e;
    }
    let total = subgroupAdd(sums.x + sums.y + sums.z + sums.w);
    let share = select(0.0, 1.0 / total, total > 0.0);
    for (var j = lane * 4u; j < u.length; j += WORKGROUP_SIZE * 4u) {
      scores_set4(begin + j, scores4(begin + j) * share * kept4(batch, head, i, j));
    }
    if (lane == 0u) { statistics_set(row_of(batch, head, i), select(LOWEST, top + log(total), total > 0.0)); }
  }
}
