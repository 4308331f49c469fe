// One workgroup: the mean of the rows' running means, to the first place of `scratch`.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  for (var row = lane; row < u.rows; row += WORKGROUP_SIZE) { sum += factors(u.row_first + row); }
  let total = row_sum(sum, lane);
  if (lane == 0u) { scratch_set(0u, total / f32(u.rows)); }
}
