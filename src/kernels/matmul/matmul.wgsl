// C = epilogue(alpha · op(A) · op(B)), batched over (batch, head) with strides, accumulated in f32 in fixed order.
// A workgroup makes a TILE_ROWS × TILE_COLUMNS block of C; a thread ROWS_OF_THREAD × 4 of it. Tiles lie in workgroup
// memory k-major.

const DEPTH: u32 = 16u;
// Threads side by side.
const SIDE: u32 = TILE_COLUMNS / 4u;

var<workgroup> a_tile: array<f32, DEPTH * TILE_ROWS>;
var<workgroup> b_tile: array<f32, DEPTH * TILE_COLUMNS>;

// Four values of A for row i, depth p..p+3 (or rows i..i+3 at depth p when A is transposed), zero outside.
fn load_a(base: u32, i: u32, p: u32) -> vec4<f32> {
  let row = select(i, p, TRANSPOSE_A);
  let column = select(p, i, TRANSPOSE_A);
  let rows = select(u.m, u.k, TRANSPOSE_A);
  let columns = select(u.k, u.m, TRANSPOSE_A);
  if (row >= rows) { return vec4<f32>(0.0); }
  let at = base + row * u.lda + column;
  if (VECTOR_A) {
    if (column < columns) { return a4(at); }
    return vec4<f32>(0.0);
  }
  var v = vec4<f32>(0.0);
  if (column < columns) { v.x = a(at); }
  if (column + 1u < columns) { v.y = a(at + 1u); }
  if (column + 2u < columns) { v.z = a(at + 2u); }
  if (column + 3u < columns) { v.w = a(at + 3u); }
  return v;
}

// Four values of B at depth p for columns j..j+3 (or depths p..p+3 at column j when B is transposed), zero outside.
fn load_b(base: u32, p: u32, j: u32) -> vec4<f32> {
  let row = select(p, j, TRANSPOSE_B);
  let column = select(j, p, TRANSPOSE_B);
  let rows = select(u.k, u.n, TRANSPOSE_B);
  let columns = select(u.n, u.k, TRANSPOSE_B);
  if (row >= rows) { return vec4<f32>(0.0); }
  let at = base + row * u.ldb + column;
  if (VECTOR_B) {
    if (column < columns) { return b4(at); }
    return vec4<f32>(0.0);
  }
  var v = vec4<f32>(0.0);
  if (column < columns) { v.x = b(at); }
  if (column + 1u < columns) { v.y = b(at + 1u); }
  if (column + 2u < columns) { v.z = b(at + 2u); }
  if (column + 3u < columns) { v.w = b(at + 3u); }
  return v;
}

fn stage_a(base: u32, row0: u32, k0: u32, lane: u32) {
  for (var g = lane; g < DEPTH * TILE_ROWS / 4u; g += WORKGROUP_SIZE) {
    if (TRANSPOSE_A) {
      let p = g / (TILE_ROWS / 4u);
      let i = (g % (TILE_ROWS / 4u)) * 4u;
      let v = load_a(base, row0 + i, k0 + p);
      let at = p * TILE_ROWS + i;
      a_tile[at] = v.x; a_tile[at + 1u] = v.y; a_tile[at + 2u] = v.z; a_tile[at + 3u] = v.w;
    } else {
      let i = g / (DEPTH / 4u);
      let p = (g % (DEPTH / 4u)) * 4u;
      let v = load_a(base, row0 + i, k0 + p);
      let at = p * TILE_ROWS + i;
      a_tile[at] = v.x; a_tile[at + TILE_ROWS] = v.y; a_tile[at + 2u * TILE_ROWS] = v.z; a_tile[at + 3u * TILE_ROWS] = v.w;
    }
  }
}

fn stage_b(base: u32, column0: u32, k0: u32, lane: u32) {
  for (var g = lane; g < DEPTH * TILE_COLUMNS / 4u; g += WORKGROUP_SIZE) {
    if (TRANSPOSE_B) {
      let j = g / (DEPTH / 4u);
      let p = (g % (DEPTH / 4u)) * 4u;
      let v = load_b(base, k0 + p, column0 + j);
      let at = p * TILE_COLUMNS + j;
      b_tile[at] = v.x; b_tile[at + TILE_COLUMNS] = v.y; b_tile[at + 2u * TILE_COLUMNS] = v.z; b_tile[at + 3u * TILE_COLUMNS] = v.w;
    } else {
      let p = g / SIDE;
      let j = (g % SIDE) * 4u;
      let v = load_b(base, k0 + p, column0 + j);
      let at = p * TILE_COLUMNS + j;
      b_tile[at] = v.x; b_tile[at + 1u] = v.y; b_tile[at + 2u] = v.z; b_tile[at + 3u] = v.w;
    }
  }
}
