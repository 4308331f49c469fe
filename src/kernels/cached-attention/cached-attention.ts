// Attention of new tokens over a cache of keys and values, which takes theirs in. Forward only, for writing texts.

import type { Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineKernel, linearGrid } from '#gpu/define-kernel.ts';
import type { AtelierBackend } from '#gpu/webgpu-backend.ts';
import body from './cached-attention.wgsl?raw';
import storeBody from './store.wgsl?raw';

const storeKernel = defineKernel({
  name: 'cached-attention-store',
  source: storeBody,
  inputs: ['qkv', 'cached'],
  outputs: ['cache'],
  uniforms: { size: 'u32', width: 'u32', skipped: 'u32' },
});

const attentionKernel = defineKernel({
  name: 'cached-attention',
  source: body,
  inputs: ['qkv', 'cache', 'cached'],
  outputs: ['output'],
  uniforms: { heads: 'u32', group: 'u32', kv_heads: 'u32', head_size: 'u32', scale: 'f32', window: 'u32' },
});

interface CachedAttentionOptions {
  readonly heads: number;
  /** A divisor of `heads`. */
  readonly kvHeads: number;
  readonly scale: number;
  /** A token sees this many, itself the last; 0 for all before it. */
  readonly window: number;
}

/**
 * @param qkv f32 [1, T, (H + 2G)·D]: queries of H heads, keys of G, values of G.
 * @param cache f32 [M, 2G·D]: keys and values by token; those of the new ones are written after the cached ones.
 * @param cached int32 [1]: tokens in the cache; with T more there are at most M.
 * @returns f32 [1, T, H·D]
 */
export function cachedAttention(
  backend: AtelierBackend,
  qkv: Tensor,
  cache: Tensor,
  cached: Tensor,
  { heads, kvHeads, scale, window }: CachedAttentionOptions,
): Tensor {
  const [, tokens, width] = qkv.shape as [number, number, number];
  const headSize = width / (heads + 2 * kvHeads);
  const size = tokens * 2 * kvHeads * headSize;
  storeKernel.run(backend, {
    inputs: { qkv, cached },
    outputs: { cache },
    uniforms: { size, width: 2 * kvHeads * headSize, skipped: heads * headSize },
    grid: linearGrid(Math.ceil(size / 64)),
  });
  const output = backend.makeOutput([1, tokens, heads * headSize], 'f32');
  attentionKernel.run(backend, {
    inputs: { qkv, cache, cached },
    outputs: { output },
    uniforms: { heads, group: heads / kvHeads, kv_heads: kvHeads, head_size: headSize, scale, window },
    constants: { COLUMNS: Math.ceil(headSize / 64) },
    grid: [tokens, heads, 1],
  });
  return tf.engine().makeTensorFromTensorInfo(output);
}
