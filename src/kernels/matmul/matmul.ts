// The batched matrix product that linear and attention are made of. Not an operation of its own: it has no gradient.

import type { TensorInfo } from '@tensorflow/tfjs';
import { defineKernel } from '#gpu/define-kernel.ts';
import type { AtelierBackend } from '#gpu/webgpu-backend.ts';
import body from './matmul.wgsl?raw';
import storeScalar from './store-scalar.wgsl?raw';
import storeVector from './store-vector.wgsl?raw';

/** How a matrix lies in its buffer: elements between rows, between heads and between batches. */
export interface MatrixLayout {
  readonly tensor: TensorInfo;
  readonly rowStride: number;
  readonly headStride?: number;
  readonly batchStride?: number;
  /** Read as its transpose. */
  readonly transpose?: boolean;
}

export interface MatmulCall {
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
  /** f32 [N], added to every row. */
  readonly bias?: TensorInfo | undefined;
}

const define = (name: string, store: string, bias: boolean) =>
  defineKernel({
    name,
    source: `${bias ? '' : 'fn bias(i: u32) -> f32 { return 0.0; }\n'}${body}\n${store}`,
    inputs: bias ? ['a', 'b', 'bias'] : ['a', 'b'],
    outputs: ['c'],
    uniforms: {
      m: 'u32',
      n: 'u32',
      k: 'u32',
      lda: 'u32',
      ldb: 'u32',
      ldc: 'u32',
      heads: 'u32',
      a_batch: 'u32',
      a_head: 'u32',
      b_batch: 'u32',
      b_head: 'u32',
      c_batch: 'u32',
      c_head: 'u32',
      alpha: 'f32',
    },
  });

const KERNELS = {
  vector: { plain: define('matmul', storeVector, false), bias: define('matmul-bias', storeVector, true) },
  scalar: { plain: define('matmul-scalar', storeScalar, false), bias: define('matmul-scalar-bias', storeScalar, true) },
};

/** From this many elements of C on, the larger tile keeps the device busy. */
const LARGE_OUTPUT = 512 * 512;

const inFours = (...numbers: (number | undefined)[]): boolean => numbers.every((n) => (n ?? 0) % 4 === 0);

/** Records C = alpha · op(A) · op(B) + bias. Any storage for A and B; halves for C need N and strides in fours. */
export function matmul(backend: AtelierBackend, call: MatmulCall): void {
  const { a, b, c, m, n, k, bias } = call;
  const heads = call.heads ?? 1;
  const batches = (call.batches ?? 1) * heads;
  const tile = m * n >= LARGE_OUTPUT ? 64 : 32;
  const strides = (matrix: MatrixLayout) => [matrix.rowStride, matrix.headStride, matrix.batchStride];
  const family = inFours(n, ...strides(c)) ? KERNELS.vector : KERNELS.scalar;
  (bias ? family.bias : family.plain).run(backend, {
    inputs: { a: a.tensor, b: b.tensor, ...(bias ? { bias } : {}) },
    outputs: { c: c.tensor },
    uniforms: {
      m,
      n,
      k,
      heads,
      alpha: call.alpha ?? 1,
      lda: a.rowStride,
      ldb: b.rowStride,
      ldc: c.rowStride,
      a_batch: a.batchStride ?? 0,
      a_head: a.headStride ?? 0,
      b_batch: b.batchStride ?? 0,
      b_head: b.headStride ?? 0,
      c_batch: c.batchStride ?? 0,
      c_head: c.headStride ?? 0,
    },
    constants: {
      TILE: tile,
      TRANSPOSE_A: a.transpose ?? false,
      TRANSPOSE_B: b.transpose ?? false,
      VECTOR_A: inFours(a.transpose ? m : k, ...strides(a)),
      VECTOR_B: inFours(b.transpose ? k : n, ...strides(b)),
      HAS_BIAS: bias !== undefined,
    },
    workgroupSize: (tile / 4) ** 2,
    grid: [Math.ceil(n / tile), Math.ceil(m / tile), batches],
  });
}
