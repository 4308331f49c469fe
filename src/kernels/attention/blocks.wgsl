// Attention in blocks of 32 queries by 32 keys (Dao, 2023). 64 threads. For products they stand in 8 rows of 8: a thread
// makes 4 x 4 scores, and of an accumulated [32, D] block 4 rows and every 8th group of four columns. For the softmax two
// threads share a row. Scores and probabilities never leave the workgroup; queries, keys and values are parts of one
// [B, L, (H + 2G) · D] tensor. Bounds that are no constants keep compilers from unrolling loops.
const BLOCK: u32 = 32u;
const STRIDE: u32 = 33u;
const LOWEST: f32 = -3.0e38;

var<workgroup> tile: array<f32, BLOCK * STRIDE>;
var<workgroup> partial: array<f32, 64>;

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

// Whether no key of the block can be seen by any query of the other: whole blocks are left out.
fn block_hidden(query0: u32, key0: u32) -> bool {
  if (CAUSAL && key0 > query0 + BLOCK - 1u) { return true; }
  if (WINDOW > 0u && key0 + BLOCK - 1u + WINDOW <= query0) { return true; }
  return WINDOW > 0u && !CAUSAL && query0 + BLOCK - 1u + WINDOW <= key0;
}

fn kept(batch: u32, head: u32, i: u32, j: u32) -> f32 {
  if (!HAS_DROPOUT) { return 1.0; }
  let element = row_of(batch, head, i) * u.length + j;
  return select(0.0, u.keep_scale, threefry(u32(key(0u)), u32(key(1u)), element, u.site) >= u.threshold);
}

// Four rows of four dot products.
struct Scores { a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32> }

fn put_row(row: u32, column: u32, v: vec4<f32>) {
  let at = row * STRIDE + column;
  tile[at] = v.x; tile[at + 1u] = v.y; tile[at + 2u] = v.z; tile[at + 3u] = v.w;
}

fn put(row: u32, column: u32, s: Scores) {
  put_row(row, column, s.a);
  put_row(row + 1u, column, s.b);
  put_row(row + 2u, column, s.c);
  put_row(row + 3u, column, s.d);
}
