// Which keys a row attends to, and the dropout factor of a probability, made again in the backward pass.
fn visible(batch: u32, key_index: u32) -> bool { return mask(batch * u.keys + key_index) != 0; }

fn kept(i: u32) -> f32 {
  if (!HAS_DROPOUT) { return 1.0; }
  return select(0.0, u.scale, threefry(u32(key(0u)), u32(key(1u)), i, u.site) >= u.threshold);
}
