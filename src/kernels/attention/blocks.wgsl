// Attention in blocks of 32 queries by 32 keys (Dao, 2023). 64 threads. For products they stand in 8 rows of 8: a thread
// makes 4 x 4 scores, and of an accumulated [32, D] block 4 rows and every 8th group of four columns. For the softmax two
// threads share a row. Scores and probabilities never leave the workgroup; queries, keys and values are parts of one
// [B, L, (H + 2G) · D] tensor. Bounds that are no constants keep compilers from unrolling loops.
const BLOCK: u32 = 32u;
const STRIDE: u32 = 33u;

var<workgroup> tile: array<f32, BLOCK * STRIDE>;
var<workgroup> partial: array<f32, 64>;

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
