// One workgroup: loss = scale · sum of the rows' losses, in a fixed tree.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  for (var row = lane; row < u.rows; row += WORKGROUP_SIZE) { sum += rows(row); }
  let total = row_sum(sum, lane);
  if (lane == 0u) { loss_set(0u, total * scale(0u)); }
}
