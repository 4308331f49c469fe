// C = epilogue(alpha · op(A) · op(B)), batched over (batch, head) with strides, accumulated in f32 in fixed order.
// A workgroup makes a TILE × TILE block of C; a thread 4 × 4 of it. Tiles lie in workgroup memory k-major.

const DEPTH: u32 = 16u;
const SIDE: u32 = TILE / 4u;

var<workgroup> a_tile: array<f32, DEPTH * TILE>;
var<workgroup> b_tile: array<f32, DEPTH * TILE>;

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
  for (var g = lane; g < DEPTH * TILE / 4u; g += SIDE * SIDE) {
    if (TRANSPOSE_A) {
      let p = g / SIDE;
      let i = (g % SIDE) * 4u;
      let v = load_a(base, row0 + i, k0 + p);
      let at = p * TILE + i;
      a_tile[at] = v.x; a_tile[at + 1u] = v.y; a_tile[at + 2u] = v.z; a_tile[at + 3u] = v.w;
    } else {
      let i = g / (DEPTH / 4u);
      let p = (g % (DEPTH / 4u)) * 4u;
      let v = load_a(base, row0 + i, k0 + p);
      let at = p * TILE + i;
      a_tile[at] = v.x; a_tile[at + TILE] = v.y; a_tile[at + 2u * TILE] = v.z; a_tile[at + 3u * TILE] = v.w;
    }
  }
}

fn stage_b(base: u32, column0: u32, k0: u32, lane: u32) {
  for (var g = lane; g < DEPTH * TILE / 4u; g += SIDE * SIDE) {
    if (TRANSPOSE_B) {
      let j = g / (DEPTH / 4u);
      let p = (g % (DEPTH / 4u)) * 4u;
      let v = load_b(base, k0 + p, column0 + j);
      let at = p * TILE + j;
      b_tile[at] = v.x; b_tile[at + TILE] = v.y; b_tile[at + 2u * TILE] = v.z; b_tile[at + 3u * TILE] = v.w;
    } else {
      let p = g / SIDE;
      let j = (g % SIDE) * 4u;
      let v = load_b(base, k0 + p, column0 + j);
      let at = p * TILE + j;
      b_tile[at] = v.x; b_tile[at + 1u] = v.y; b_tile[at + 2u] = v.z; b_tile[at + 3u] = v.w;
    }
  }
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let batch = group.z / u.heads;
  let head = group.z % u.heads;
  let a_base = u.a_offset + batch * u.a_batch + head * u.a_head;
  let b_base = u.b_offset + batch * u.b_batch + head * u.b_head;
  let row0 = group.y * TILE;
  let column0 = group.x * TILE;
  let y = (lane / SIDE) * 4u;
  let x = (lane % SIDE) * 4u;
  var r0 = vec4<f32>(0.0);
  var r1 = vec4<f32>(0.0);
  var r2 = vec4<f32>(0.0);
  var r3 = vec4<f32>(0.0);
  var edge_sum = 0.0;
  let at_edge = select(group.y, group.x, SUMS_OF_A) == 0u;
  for (var k0 = 0u; k0 < u.k; k0 += DEPTH) {
    stage_a(a_base, row0, k0, lane);
    stage_b(b_base, column0, k0, lane);
    workgroupBarrier();
    if (at_edge) { edge_sum = add_edge_sums(edge_sum, lane); }
    for (var p = 0u; p < DEPTH; p++) {
      let ai = p * TILE + y;
      let bi = p * TILE + x;
      let bv = vec4<f32>(b_tile[bi], b_tile[bi + 1u], b_tile[bi + 2u], b_tile[bi + 3u]);
      r0 += a_tile[ai] * bv;
      r1 += a_tile[ai + 1u] * bv;
      r2 += a_tile[ai + 2u] * bv;
      r3 += a_tile[ai + 3u] * bv;
    }
    workgroupBarrier();
  }
  let c_base = u.c_offset + batch * u.c_batch + head * u.c_head;
  store(c_base, row0 + y, column0 + x, r0);
  store(c_base, row0 + y + 1u, column0 + x, r1);
  store(c_base, row0 + y + 2u, column0 + x, r2);
  store(c_base, row0 + y + 3u, column0 + x, r3);
  if (at_edge && lane < TILE) { store_edge_sum(select(column0, row0, SUMS_OF_A) + lane, edge_sum); }
}
