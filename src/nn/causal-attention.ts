// Attention of a decoder: over the row in training and evaluation, over a cache when a text is written token by token.

import type { Tensor } from '@tensorflow/tfjs';
import { attention } from '#kernels/attention/attention.ts';
import type { CausalAttentionOptions } from './attention-cache.ts';
import type { ForwardContext } from './forward-context.ts';

/**
 * @param qkv [B, L, (H + 2G)·D]; see `attention`.
 * @param mask int32 [B, L]: 0 for padding; numbers of texts where several share a row.
 * @returns [B, L, H·D]
 */
export function attend(qkv: Tensor, mask: Tensor, options: CausalAttentionOptions, context: ForwardContext): Tensor {
  if (context.cache) {
    const cached = context.feed(({ cached: count = 0 }) => Int32Array.of(count), [1]);
    return context.cache.attend(qkv, options, cached);
  }
  const { dropoutKey, isPacked } = context;
  return attention(qkv, mask, { ...options, causal: true, segments: isPacked, dropoutKey });
}
