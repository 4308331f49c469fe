// What a decoder's attention asks of a cache of keys and values; `key-value-cache.ts` is one.

import type { Tensor } from '@tensorflow/tfjs';

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

export interface AttentionCache {
  /**
   * qkv [1, T, (H + 2G)·D] of T tokens after the cached ones → [1, T, H·D]. Keeps their keys and values.
   * @param cached int32 [1]: tokens in the cache before them.
   */
  attend(qkv: Tensor, options: CausalAttentionOptions, cached: Tensor): Tensor;
}
