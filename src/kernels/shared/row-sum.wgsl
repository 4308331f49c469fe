// Sum over a workgroup in a fixed tree. WORKGROUP_SIZE is a power of two. Every lane gets the total.
var<workgroup> row_sum_tree: array<f32, WORKGROUP_SIZE>;

fn row_sum(value: f32, lane: u32) -> f32 {
  workgroupBarrier();
  row_sum_tree[lane] = value;
  workgroupBarrier();
  for (var half = WORKGROUP_SIZE / 2u; half > 0u; half = half / 2u) {
    if (lane < half) { row_sum_tree[lane] += row_sum_tree[lane + half]; }
    workgroupBarrier();
  }
  return row_sum_tree[0];
}
