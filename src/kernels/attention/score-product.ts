// The product of the rows of one packed tensor with those of another, for the stored scores of a head. As in
// `matmul/rows-source.ts` the lanes of a subgroup read ROWS rows between them and share them; each makes four columns.

import { eachFinishedRow, ROWS } from '../matmul/rows-source.ts';

/** Names of the two tensors in WGSL, and of the functions that tell where a row of a head begins in them. */
interface Factors {
  readonly a: string;
  readonly atRow: string;
  readonly b: string;
  readonly atColumn: string;
}

const each = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/**
 * NAME(batch, head, row0, base, lane): writes ROWS rows of dot products, from row0 on, to `target`, where they begin at
 * `base`; columns that none of them sees may be left as they were. Each lane writes every (4 · lanes)-th four columns from 4 · lane on, and no other lane does.
 */
export function scoreProduct(name: string, target: string, { a, atRow, b, atColumn }: Factors, lanes: number): string {
  const rows = each(ROWS);
  const shares = each(ROWS / lanes);
  return [
    `fn ${name}(batch: u32, head: u32, row0: u32, base: u32, lane: u32) {`,
    ...shares.map((q) => `let at${q} = ${atRow}(batch, head, row0 + ${q * lanes}u + lane);`),
    `for (var first = 0u; first < u.length; first += ${4 * lanes}u) {`,
    `if (block_hidden(row0, ROWS, first, ${4 * lanes}u)) { continue; }`,
    'let column = first + lane * 4u;',
    ...each(4).map((c) => `let column${c} = ${atColumn}(batch, head, column + ${c}u);`),
    ...rows.map((r) => `var r${r} = vec4<f32>(0.0);`),
    'for (var d = 0u; d < u.head_size; d += 4u) {',
    `let columns = mat4x4<f32>(${each(4)
      .map((c) => `${b}4(column${c} + d)`)
      .join(', ')});`,
    ...shares.map((q) => `let t${q} = ${a}4(at${q} + d);`),
    ...rows.map((r) => `r${r} += subgroupBroadcast(t${Math.floor(r / lanes)}, ${r % lanes}u) * columns;`),
    '}',
    'if (column < u.length) {',
    ...eachFinishedRow(
      'r',
      'vec4<f32>',
      'u.length',
      `${target}_set4(base + (row - row0) * u.length + column, result);`,
    ),
    '}',
    '}',
    '}',
  ].join('\n');
}
