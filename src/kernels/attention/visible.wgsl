// Where the parts of a packed [B, L, (H + 2G) · D] lie, who sees whom, and what dropout keeps.
const LOWEST: f32 = -3.0e38;

fn first_of(position: u32, batch: u32) -> u32 { return (batch * u.length + position) * u.width; }
fn query_at(batch: u32, head: u32, i: u32) -> u32 { return first_of(min(i, u.length - 1u), batch) + head * u.head_size; }
fn key_at(batch: u32, head: u32, j: u32) -> u32 {
  return first_of(min(j, u.length - 1u), batch) + (u.heads + head / u.group) * u.head_size;
}
fn value_at(batch: u32, head: u32, j: u32) -> u32 {
  return first_of(min(j, u.length - 1u), batch) + (u.heads + u.kv_heads + head / u.group) * u.head_size;
}
fn output_at(batch: u32, head: u32, i: u32) -> u32 {
  return (batch * u.length + min(i, u.length - 1u)) * u.heads * u.head_size + head * u.head_size;
}
fn row_of(batch: u32, head: u32, i: u32) -> u32 { return (batch * u.heads + head) * u.length + i; }

fn visible(batch: u32, i: u32, j: u32) -> bool {
  if (i >= u.length || j >= u.length) { return false; }
  if (CAUSAL && j > i) { return false; }
  if (WINDOW > 0u && (j + WINDOW <= i || (!CAUSAL && i + WINDOW <= j))) { return false; }
  let seen = mask(batch * u.length + j);
  if (SEGMENTS) { return seen != 0 && seen == mask(batch * u.length + i); }
  return seen != 0;
}

fn visible4(batch: u32, i: u32, j: u32) -> vec4<bool> {
  return vec4<bool>(visible(batch, i, j), visible(batch, i, j + 1u), visible(batch, i, j + 2u), visible(batch, i, j + 3u));
}

// Whether no query of the block can see any key of the other: whole blocks are left out.
fn block_hidden(query0: u32, queries: u32, key0: u32, keys: u32) -> bool {
  if (CAUSAL && key0 > query0 + queries - 1u) { return true; }
  if (WINDOW > 0u && key0 + keys - 1u + WINDOW <= query0) { return true; }
  return WINDOW > 0u && !CAUSAL && query0 + queries - 1u + WINDOW <= key0;
}

fn kept(batch: u32, head: u32, i: u32, j: u32) -> f32 {
  if (!HAS_DROPOUT) { return 1.0; }
  let element = row_of(batch, head, i) * u.length + j;
  return select(0.0, u.keep_scale, threefry(u32(key(0u)), u32(key(1u)), element, u.site) >= u.threshold);
}

fn kept4(batch: u32, head: u32, i: u32, j: u32) -> vec4<f32> {
  if (!HAS_DROPOUT) { return vec4<f32>(1.0); }
  return vec4<f32>(kept(batch, head, i, j), kept(batch, head, i, j + 1u), kept(batch, head, i, j + 2u), kept(batch, head, i, j + 3u));
}
