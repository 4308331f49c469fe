// The product for emulated GPUs, which pay dearly for every read from memory and for barriers, but little for handing a
// value from lane to lane: the lanes of a subgroup read ROWS x 4 values of A between them and share them; each makes ROWS
// rows of four columns. The sums are straight-line code: an array of accumulators would not stay in registers. What
// happens to a finished row is a loop: these devices take seconds to compile sixteen copies of it.

export const ROWS = 16;

const each = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

interface RowsVariant {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly sums: 'a' | 'b' | null;
  /** Lanes of a subgroup, which is the workgroup. */
  readonly lanes: number;
}

/** `main` over A and B whose rows, strides and K are multiples of four. `store` and `store_edge_sum` come from elsewhere. */
export function rowsSource({ transposeA, transposeB, sums, lanes }: RowsVariant): string {
  const rows = each(ROWS);
  const product = (a: string): string => (transposeB ? `${a} * columns` : `columns * ${a}`);
  return [
    '@compute @workgroup_size(WORKGROUP_SIZE)',
    'fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(subgroup_invocation_id) lane: u32) {',
    'let batch = group.z / u.heads;',
    'let head = group.z % u.heads;',
    'let a_base = u.a_offset + batch * u.a_batch + head * u.a_head;',
    'let b_base = u.b_offset + batch * u.b_batch + head * u.b_head;',
    `let row0 = group.y * ${ROWS}u;`,
    'let column = (group.x * WORKGROUP_SIZE + lane) * 4u;',
    // Beyond the edge the last row or column is made again, and not stored.
    'let j = min(column, u.n - 4u);',
    ...rows.map((r) => `var r${r} = vec4<f32>(0.0);`),
    ...readsOfA(transposeA, lanes),
    ...(transposeB ? each(4).map((c) => `let column${c} = b_base + (j + ${c}u) * u.ldb;`) : []),
    ...(sums === 'a' ? rows.map((r) => `var s${r} = 0.0;`) : []),
    ...(sums === 'b' ? ['var s = vec4<f32>(0.0);'] : []),
    'for (var p = 0u; p < u.k; p += 4u) {',
    ...each(4).map((c) => `let v${c} = ${transposeB ? `b4(column${c} + p)` : `b4(b_base + (p + ${c}u) * u.ldb + j)`};`),
    'let columns = mat4x4<f32>(v0, v1, v2, v3);',
    ...(sums === 'b' ? [`s += ${transposeB ? 'vec4<f32>(1.0) * columns' : 'v0 + v1 + v2 + v3'};`] : []),
    ...each(ROWS / lanes).map((q) => `let t${q} = a4(read${q} + p${transposeA ? ' * u.lda' : ''});`),
    ...rows.flatMap((r) => [
      `let w${r} = ${transposeA ? transposedRow(r, lanes) : `subgroupBroadcast(t${Math.floor(r / lanes)}, ${r % lanes}u)`};`,
      `r${r} += ${product(`w${r}`)};`,
      ...(sums === 'a' ? [`s${r} += dot(w${r}, vec4<f32>(1.0));`] : []),
    ]),
    '}',
    'let c_base = u.c_offset + batch * u.c_batch + head * u.c_head;',
    ...eachFinishedRow('r', 'vec4<f32>', 'u.m', 'store(c_base, row, column, result);'),
    ...(sums === 'a'
      ? ['if (column == 0u) {', ...eachFinishedRow('s', 'f32', 'u.m', 'store_edge_sum(row, result);'), '}']
      : []),
    ...(sums === 'b'
      ? [
          `if (row0 == 0u) { ${each(4)
            .map((c) => `store_edge_sum(column + ${c}u, s[${c}]);`)
            .join(' ')} }`,
        ]
      : []),
    '}',
  ].join('\n');
}

/**
 * `body` for each `row` from row0 on whose sum is `result`, one of the accumulators NAME0, NAME1, …; none beyond `end`.
 * Written so that compilers can not foresee how often: else they copy the body.
 */
export const eachFinishedRow = (name: string, type: string, end: string, body: string): string[] => [
  `var ${name}_results = array<${type}, ${ROWS}>(${each(ROWS)
    .map((r) => `${name}${r}`)
    .join(', ')});`,
  `for (var row = row0; row < min(row0 + ${ROWS}u, ${end}); row++) { let result = ${name}_results[row - row0]; ${body} }`,
];

/**
 * Where a lane reads: of A, four depths of row q · lanes + lane; of its transpose, four rows (group number / 4) of depth
 * (group number % 4), with the group number q · lanes + lane.
 */
const readsOfA = (transposeA: boolean, lanes: number): string[] =>
  each(ROWS / lanes).map((q) =>
    transposeA
      ? `let read${q} = a_base + ((lane + ${q * lanes}u) % 4u) * u.lda + min(row0 + ((lane + ${q * lanes}u) / 4u) * 4u, u.m - 4u);`
      : `let read${q} = a_base + min(row0 + ${q * lanes}u + lane, u.m - 1u) * u.lda;`,
  );

/** Row r of A at four depths, put together from what four lanes hold. */
function transposedRow(r: number, lanes: number): string {
  const component = 'xyzw'[r % 4];
  const parts = each(4).map((depth) => {
    const group = Math.floor(r / 4) * 4 + depth;
    return `subgroupBroadcast(t${Math.floor(group / lanes)}.${component}, ${group % lanes}u)`;
  });
  return `vec4<f32>(${parts.join(', ')})`;
}
