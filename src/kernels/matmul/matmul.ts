// The batched matrix product that linear and attention are made of, with what may happen to its result on the way to
// memory. Not an operation of its own: it has no gradient.

import type { TensorInfo } from '@tensorflow/tfjs';
import { defineKernel, type Kernel, type UniformType } from '#gpu/define-kernel.ts';
import { threadsOf } from '#gpu/matmul-tiles.ts';
import type { AtelierBackend } from '#gpu/webgpu-backend.ts';
import { type Activation, activationSource } from '../activation/activation-source.ts';
import { dropThreshold } from '../dropout/dropout-key.ts';
import random from '../shared/threefry.wgsl?raw';
import { ROWS, rowsSource } from './rows-source.ts';
import { tileSource } from './tile-source.ts';

/** How a matrix lies in its buffer: its first element, and elements between rows, between heads and between batches. */
export interface MatrixLayout {
  readonly tensor: TensorInfo;
  readonly rowStride: number;
  readonly offset?: number;
  readonly headStride?: number;
  readonly batchStride?: number;
  /** Read as its transpose. */
  readonly transpose?: boolean;
}

/** Done to each element of the product in this order, before it is stored. Tensors have the layout of C. */
export interface Epilogue {
  /** f32 [N], added to every row. */
  readonly bias?: TensorInfo | undefined;
  /** f of the value so far; `pre` receives the value before it. */
  readonly activation?: { readonly kind: Activation; readonly pre: TensorInfo };
  /** Times f'(pre): the backward pass through an activation. */
  readonly derivative?: { readonly kind: Activation; readonly pre: TensorInfo };
  /** Drops elements by their place in C, row-major, as the operation `dropout` would. */
  readonly dropout?: { readonly key: TensorInfo; readonly site: number; readonly probability: number } | undefined;
  readonly residual?: TensorInfo | undefined;
  /** Adds to what C holds. */
  readonly accumulate?: boolean;
  /**
   * Beside the product, sums over K: f32 [M] of the rows of op(A), or [N] of the columns of op(B). Added to what is there
   * with `accumulate`.
   */
  readonly sums?: { readonly of: 'a' | 'b'; readonly tensor: TensorInfo } | undefined;
}

export interface MatmulCall extends Epilogue {
  readonly a: MatrixLayout;
  readonly b: MatrixLayout;
  readonly c: MatrixLayout;
  /** C is M × N, the sum runs over K. */
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batches?: number;
  readonly heads?: number;
  readonly alpha?: number;
}

const UNIFORMS = {
  m: 'u32',
  n: 'u32',
  k: 'u32',
  heads: 'u32',
  alpha: 'f32',
  lda: 'u32',
  a_offset: 'u32',
  a_batch: 'u32',
  a_head: 'u32',
  ldb: 'u32',
  b_offset: 'u32',
  b_batch: 'u32',
  b_head: 'u32',
  ldc: 'u32',
  c_offset: 'u32',
  c_batch: 'u32',
  c_head: 'u32',
} as const;
const DROPOUT_UNIFORMS = { site: 'u32', threshold: 'u32', keep_scale: 'f32' } as const;

/** From this many elements of C on, the larger tile keeps the device busy. */
const LARGE_OUTPUT = 512 * 512;

const inFours = (...numbers: (number | undefined)[]): boolean => numbers.every((n) => (n ?? 0) % 4 === 0);

/** How the work is cut: by tiles in workgroup memory, or by rows from memory directly, shared within a subgroup. */
interface Cut {
  readonly byRows: boolean;
  /** Columns and rows of one workgroup, and its threads. */
  readonly columns: number;
  readonly rows: number;
  readonly threads: number;
  /** By tiles. */
  readonly rowsOfThread?: number;
}

function cutOf(backend: AtelierBackend, { a, b, c, m, n, k }: MatmulCall): Cut {
  const fours = inFours(n, k, ...[a, b, c].flatMap(stridesOf)) && (!a.transpose || inFours(m));
  const lanes = backend.software ? backend.subgroupSize : null;
  if (lanes !== null && ROWS % lanes === 0 && fours) {
    return { byRows: true, columns: 4 * lanes, rows: ROWS, threads: lanes };
  }
  const { small, large } = backend.matmulTiles;
  const tile = m * n >= LARGE_OUTPUT ? large : small;
  return { ...tile, byRows: false, threads: threadsOf(tile) };
}

const stridesOf = (matrix: MatrixLayout): (number | undefined)[] => [
  matrix.rowStride,
  matrix.offset,
  matrix.headStride,
  matrix.batchStride,
];

/** Records C = epilogue(alpha · op(A) · op(B)). Any storage for A and B; halves for C need N and strides in fours. */
export function matmul(backend: AtelierBackend, call: MatmulCall): void {
  const { a, b, c, m, n, k } = call;
  const heads = call.heads ?? 1;
  const cut = cutOf(backend, call);
  kernelFor(call, inFours(n, ...stridesOf(c)), cut).run(backend, {
    inputs: {
      a: a.tensor,
      b: b.tensor,
      ...present({
        bias: call.bias,
        residual: call.residual,
        pre: call.derivative?.pre,
        key: call.dropout?.key,
      }),
    },
    outputs: { c: c.tensor, ...present({ before: call.activation?.pre, sums: call.sums?.tensor }) },
    uniforms: {
      m,
      n,
      k,
      heads,
      alpha: call.alpha ?? 1,
      ...layoutUniforms('a', a),
      ...layoutUniforms('b', b),
      ...layoutUniforms('c', c),
      ...dropoutUniforms(call.dropout),
    },
    constants: cut.byRows ? {} : tileConstants(call, cut),
    workgroupSize: cut.threads,
    grid: [Math.ceil(n / cut.columns), Math.ceil(m / cut.rows), (call.batches ?? 1) * heads],
    flops: 2 * m * n * k * (call.batches ?? 1) * heads,
  });
}

const tileConstants = ({ a, b, m, n, k }: MatmulCall, { rows, columns }: Cut) => ({
  TILE_ROWS: rows,
  TILE_COLUMNS: columns,
  TRANSPOSE_A: a.transpose ?? false,
  TRANSPOSE_B: b.transpose ?? false,
  VECTOR_A: inFours(a.transpose ? m : k, ...stridesOf(a)),
  VECTOR_B: inFours(b.transpose ? k : n, ...stridesOf(b)),
});

const present = (tensors: Record<string, TensorInfo | undefined>): Record<string, TensorInfo> =>
  Object.fromEntries(Object.entries(tensors).filter((entry): entry is [string, TensorInfo] => entry[1] !== undefined));

function layoutUniforms(name: 'a' | 'b' | 'c', matrix: MatrixLayout): Record<string, number> {
  return {
    [`ld${name}`]: matrix.rowStride,
    [`${name}_offset`]: matrix.offset ?? 0,
    [`${name}_batch`]: matrix.batchStride ?? 0,
    [`${name}_head`]: matrix.headStride ?? 0,
  };
}

function dropoutUniforms(dropout: Epilogue['dropout']): Record<string, number> {
  if (!dropout) return {};
  const { site, probability } = dropout;
  return { site, threshold: dropThreshold(probability), keep_scale: 1 / (1 - probability) };
}

const kernels = new Map<string, Kernel>();

const rowsBody = ({ a, b, sums }: MatmulCall, lanes: number): string =>
  rowsSource({ transposeA: a.transpose ?? false, transposeB: b.transpose ?? false, sums: sums?.of ?? null, lanes });

/** One kernel for each combination of steps. */
function kernelFor(call: MatmulCall, vector: boolean, { byRows, threads, rowsOfThread = 4 }: Cut): Kernel {
  const { bias, activation, derivative, dropout, residual, accumulate, sums } = call;
  const steps = [
    bias && 'bias',
    activation && `activation-${activation.kind}`,
    derivative && `derivative-${derivative.kind}`,
    dropout && 'dropout',
    residual && 'residual',
    accumulate && 'accumulate',
    sums && `sums-of-${sums.of}`,
  ].filter((step) => typeof step === 'string');
  const layout = `${call.a.transpose ? 't' : 'n'}${call.b.transpose ? 't' : 'n'}`;
  const form = byRows ? [`rows-${layout}-${threads}`] : [`tile-${rowsOfThread}`, ...(vector ? [] : ['scalar'])];
  const name = ['matmul', ...steps, ...form].join('-');
  const known = kernels.get(name);
  if (known) return known;
  const uniforms: Record<string, UniformType> = { ...UNIFORMS, ...(dropout ? DROPOUT_UNIFORMS : {}) };
  const kernel = defineKernel({
    name,
    source: [
      byRows ? rowsBody(call, threads) : tileSource(rowsOfThread),
      storeSource(call, vector),
      edgeSumSource(call, byRows),
    ].join('\n'),
    inputs: [
      'a',
      'b',
      ...(bias ? ['bias'] : []),
      ...(residual ? ['residual'] : []),
      ...(derivative ? ['pre'] : []),
      ...(dropout ? ['key'] : []),
    ],
    subgroups: byRows,
    outputs: ['c', ...(activation ? ['before'] : []), ...(sums ? ['sums'] : [])],
    uniforms,
  });
  kernels.set(name, kernel);
  return kernel;
}

/** `store`: four neighbours of a row of C. Reads and writes outside of C are left out element by element. */
function storeSource(epilogue: Epilogue, vector: boolean): string {
  const { bias, activation, derivative, dropout, residual, accumulate } = epilogue;
  const kind = activation?.kind ?? derivative?.kind;
  const read = (name: string): string =>
    vector ? `${name}4(at)` : `vec4<f32>(${[0, 1, 2, 3].map((i) => `${name}(min(at + ${i}u, last))`).join(', ')})`;
  const write = (name: string, value: string): string[] =>
    vector
      ? [`${name}_set4(at, ${value});`]
      : [0, 1, 2, 3].map((i) => `if (column + ${i}u < u.n) { ${name}_set(at + ${i}u, ${value}[${i}]); }`);
  const biasAt = (i: number): string => `bias(min(column + ${i}u, u.n - 1u))`;
  const lines = [
    'fn store(base: u32, row: u32, column: u32, product: vec4<f32>) {',
    'if (row >= u.m || column >= u.n) { return; }',
    'let at = base + row * u.ldc + column;',
    ...(vector ? [] : ['let last = base + row * u.ldc + u.n - 1u;']),
    'var v = product * u.alpha;',
    ...(bias ? [`v += ${vector ? 'bias4(column)' : `vec4<f32>(${[0, 1, 2, 3].map(biasAt).join(', ')})`};`] : []),
    ...(activation ? [...write('before', 'v'), 'v = activate4(v);'] : []),
    ...(derivative ? [`v *= derivative4(${read('pre')});`] : []),
    ...(dropout ? ['let place = row * u.n + column;', 'v *= kept4(place);'] : []),
    ...(residual ? [`v += ${read('residual')};`] : []),
    ...(accumulate ? [`v += ${read('c')};`] : []),
    ...write('c', 'v'),
    '}',
  ];
  return [kind ? activationSource(kind) : '', dropout ? `${random}\n${KEPT}` : '', ...lines].join('\n');
}

const KEPT = `fn kept(i: u32) -> f32 {
  return select(0.0, u.keep_scale, threefry(u32(key(0u)), u32(key(1u)), i, u.site) >= u.threshold);
}
fn kept4(i: u32) -> vec4<f32> { return vec4<f32>(kept(i), kept(i + 1u), kept(i + 2u), kept(i + 3u)); }`;

/** `add_edge_sums` sees every tile of op(A) or op(B) once; `store_edge_sum` ends it. */
function edgeSumSource({ sums, accumulate }: Epilogue, byRows: boolean): string {
  if (byRows) return sums ? storeEdgeSum(sums.of, accumulate) : '';
  const head = `const SUMS_OF_A: bool = ${sums?.of !== 'b'};`;
  if (!sums) {
    return `${head}
fn add_edge_sums(sum: f32, lane: u32) -> f32 { return sum; }
fn store_edge_sum(i: u32, sum: f32) {}`;
  }
  const edge = sums.of === 'a' ? 'TILE_ROWS' : 'TILE_COLUMNS';
  return `${head}
fn add_edge_sums(sum: f32, lane: u32) -> f32 {
  var s = sum;
  if (lane < ${edge}) { for (var p = 0u; p < DEPTH; p++) { s += ${sums.of}_tile[p * ${edge} + lane]; } }
  return s;
}
${storeEdgeSum(sums.of, accumulate)}`;
}

const storeEdgeSum = (of: 'a' | 'b', accumulate: boolean | undefined): string => `fn store_edge_sum(i: u32, sum: f32) {
  if (i < u.${of === 'a' ? 'm' : 'n'}) { sums_set(i, ${accumulate ? 'sums(i) + ' : ''}sum); }
}`;
