// Attention of a decoder: over the row in training and evaluation, over a cache when a text is written token by token.

import type { Tensor } from '@tensorflow/tfjs';
import { attention } from '#kernels/attention/attention.ts';
import type { ForwardContext } from './forward-context.ts';

export interface CausalAttentionOptions {
  readonly heads: number;
  /** Heads of keys and values, a divisor of `heads`. Default: as many. */
  readonly kvHeads?: number;
  /** Factor on the scores. Default 1/√D. */
  readonly scale?: number;
  /** A position sees this many, itself the last; 0 for all before it. Default 0. */
  readonly window?: number;
  /** Probability of dropping a probability. */
  readonly dropout: number;
}

/**
 * @param qkv [B, L, (H + 2G)·D]; see `attention`.
 * @param mask int32 [B, L]: 0 for padding; numbers of texts where several share a row.
 * @returns [B, L, H·D]
 */
export function attend(qkv: Tensor, mask: Tensor, options: CausalAttentionOptions, context: ForwardContext): Tensor {
  if (context.cache) return context.cache.attend(qkv, options, context);
  const { dropoutKey, isPacked } = context;
  return attention(qkv, mask, { ...options, causal: true, segments: isPacked, dropoutKey });
}
