// `main` of the product by tiles in workgroup memory, for threads of so many rows. Straight-line code: an array of
// accumulators would not stay in registers on every device.

import body from './matmul.wgsl?raw';

export function tileSource(rowsOfThread: number): string {
  const rows = Array.from({ length: rowsOfThread }, (_, r) => r);
  return [
    `const ROWS_OF_THREAD: u32 = ${rowsOfThread}u;`,
    body,
    '@compute @workgroup_size(WORKGROUP_SIZE)',
    'fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {',
    'let batch = group.z / u.heads;',
    'let head = group.z % u.heads;',
    'let a_base = u.a_offset + batch * u.a_batch + head * u.a_head;',
    'let b_base = u.b_offset + batch * u.b_batch + head * u.b_head;',
    'let row0 = group.y * TILE_ROWS;',
    'let column0 = group.x * TILE_COLUMNS;',
    'let y = (lane / SIDE) * ROWS_OF_THREAD;',
    'let x = (lane % SIDE) * 4u;',
    ...rows.map((r) => `var r${r} = vec4<f32>(0.0);`),
    'var edge_sum = 0.0;',
    'let at_edge = select(group.y, group.x, SUMS_OF_A) == 0u;',
    'for (var k0 = 0u; k0 < u.k; k0 += DEPTH) {',
    'stage_a(a_base, row0, k0, lane);',
    'stage_b(b_base, column0, k0, lane);',
    'workgroupBarrier();',
    'if (at_edge) { edge_sum = add_edge_sums(edge_sum, lane); }',
    'for (var p = 0u; p < DEPTH; p++) {',
    'let ai = p * TILE_ROWS + y;',
    'let bi = p * TILE_COLUMNS + x;',
    'let bv = vec4<f32>(b_tile[bi], b_tile[bi + 1u], b_tile[bi + 2u], b_tile[bi + 3u]);',
    ...rows.map((r) => `r${r} += a_tile[ai + ${r}u] * bv;`),
    '}',
    'workgroupBarrier();',
    '}',
    'let c_base = u.c_offset + batch * u.c_batch + head * u.c_head;',
    ...rows.map((r) => `store(c_base, row0 + y + ${r}u, column0 + x, r${r});`),
    'let edge = select(TILE_COLUMNS, TILE_ROWS, SUMS_OF_A);',
    'if (at_edge && lane < edge) { store_edge_sum(select(column0, row0, SUMS_OF_A) + lane, edge_sum); }',
    '}',
  ].join('\n');
}
