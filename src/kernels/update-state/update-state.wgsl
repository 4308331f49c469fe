// One workgroup: adds the partial sums of squares in a fixed tree, then one lane closes the step. Places in `state` as
// in update-state.ts. Infinity and NaN are told by their bits: WGSL may assume that neither occurs.
@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  for (var i = lane; i < u.count; i += WORKGROUP_SIZE) { sum += partials(i); }
  let total = row_sum(sum, lane);
  if (lane != 0u) { return; }
  let scale = state(3u);
  let norm = sqrt(total) / scale;
  let infinite = (bitcast<u32>(total) & 0x7fffffffu) >= 0x7f800000u;
  let found = LOSS_SCALING && (infinite || overflow(0u) != 0);
  state_set(5u, select(0.0, 1.0, found));
  state_set(6u, norm);
  var clip = 1.0;
  if (u.max_norm > 0.0) { clip = min(1.0, u.max_norm / (norm + 1e-6)); }
  state_set(7u, clip / scale);
  if (!found) {
    state_set(0u, state(0u) + 1.0);
    state_set(1u, u.beta1 * state(1u) + u.rest1);
    state_set(2u, u.beta2 * state(2u) + u.rest2);
  }
  if (LOSS_SCALING) {
    let tracker = select(state(4u) + 1.0, 0.0, found);
    let grows = tracker == u.growth_interval;
    state_set(3u, select(select(scale, scale * 2.0, grows), scale * 0.5, found));
    state_set(4u, select(tracker, 0.0, grows));
  }
}
