// One workgroup: loss = scale · sum of all losses, in a fixed tree.
fn loss_of(x: f32, t: f32) -> f32 {
  if (SQUARED) { return (x - t) * (x - t); }
  return max(x, 0.0) - x * t + log(1.0 + exp(-abs(x)));
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  for (var i = lane; i < u.size; i += WORKGROUP_SIZE) { sum += loss_of(logits(i), targets(i)); }
  let total = row_sum(sum, lane);
  if (lane == 0u) { loss_set(0u, total * scale(0u)); }
}
