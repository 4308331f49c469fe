// What the forms of attention share: its attributes, the sizes that come of them, and what their kernels are called with.

import type { Tensor, TensorInfo } from '@tensorflow/tfjs';
import { type HalfStorage, storageOf } from '#gpu/tensor-storage.ts';
import type { AtelierBackend } from '#gpu/webgpu-backend.ts';
import type { SiteDropout } from '../dropout/dropout.ts';
import { dropThreshold } from '../dropout/dropout-key.ts';

/** Who sees whom, and how heads share keys. */
export interface Attrs {
  readonly heads: number;
  readonly kvHeads: number;
  readonly scale: number;
  readonly causal: boolean;
  /** Keys at a distance of `window` or more are not seen; 0: no such bound. */
  readonly window: number;
  /** The mask numbers texts that share a row: each sees itself alone. */
  readonly segments: boolean;
  readonly dropout: SiteDropout | null;
}

export const UNIFORMS = {
  length: 'u32',
  width: 'u32',
  head_size: 'u32',
  heads: 'u32',
  kv_heads: 'u32',
  group: 'u32',
  rows: 'u32',
  half_block: 'u32',
  site: 'u32',
  threshold: 'u32',
  keep_scale: 'f32',
  scale: 'f32',
} as const;

/** Queries, or keys, of one workgroup of the flash form. */
export const BLOCK = 32;

export interface Sizes {
  readonly batch: number;
  readonly length: number;
  /** Of the packed queries, keys and values. */
  readonly width: number;
  readonly headSize: number;
  readonly rows: number;
}

export function sizesOf(qkv: TensorInfo, { heads, kvHeads }: Attrs): Sizes {
  const [batch, length, width] = qkv.shape as [number, number, number];
  return { batch, length, width, headSize: width / (heads + 2 * kvHeads), rows: batch * heads * length };
}

/** What all kernels share. */
export function callOf(s: Sizes, { heads, kvHeads, scale, causal, window, segments, dropout }: Attrs) {
  return {
    uniforms: {
      length: s.length,
      width: s.width,
      head_size: s.headSize,
      heads,
      kv_heads: kvHeads,
      group: heads / kvHeads,
      rows: s.rows,
      half_block: BLOCK / 2,
      site: dropout?.site ?? 0,
      threshold: dropout ? dropThreshold(dropout.probability) : 0,
      keep_scale: dropout ? 1 / (1 - dropout.probability) : 1,
      scale,
    },
    constants: {
      GROUPS: Math.ceil(s.headSize / 32),
      CAUSAL: causal,
      WINDOW: window,
      SEGMENTS: segments,
      HAS_DROPOUT: dropout !== null,
    },
  };
}

/** Floating-point operations of `products` matrix products over the pairs of a query and a key that can see each other. */
export function flopsOf(
  { batch, length, headSize }: Sizes,
  { heads, causal, window }: Attrs,
  products: number,
): number {
  const reach = Math.min(window || length, length);
  const before = reach * length - (reach * (reach - 1)) / 2;
  return 2 * products * batch * heads * headSize * (causal ? before : 2 * before - length);
}

export const likeStorage = (backend: AtelierBackend, tensor: TensorInfo, shape: readonly number[]): TensorInfo =>
  backend.makeOutput(shape, storageOf(tensor) as HalfStorage | 'f32');

export const keyOf = (mask: TensorInfo, { dropout }: Attrs): TensorInfo => dropout?.key.tensor ?? mask;

export type GradInputs = 'qkv' | 'mask' | 'output' | 'statistics' | 'dOutput';

/** A way to run attention on the GPU. */
export interface AttentionForm {
  /** → output, and for the backward pass [2, B·H·L]: the log-sum-exp of each row, and room for one more number. */
  readonly forward: (backend: AtelierBackend, qkv: Tensor, mask: Tensor, attrs: Attrs) => TensorInfo[];
  /** → the gradient of qkv */
  readonly backward: (
    backend: AtelierBackend,
    inputs: Readonly<Record<GradInputs, Tensor>>,
    attrs: Attrs,
  ) => TensorInfo[];
}
