// Maximum over a workgroup. WORKGROUP_SIZE is a power of two. Every lane gets it.
var<workgroup> row_max_tree: array<f32, WORKGROUP_SIZE>;

fn row_max(value: f32, lane: u32) -> f32 {
  workgroupBarrier();
  row_max_tree[lane] = value;
  workgroupBarrier();
  for (var half = WORKGROUP_SIZE / 2u; half > 0u; half = half / 2u) {
    if (lane < half) { row_max_tree[lane] = max(row_max_tree[lane], row_max_tree[lane + half]); }
    workgroupBarrier();
  }
  return row_max_tree[0];
}
