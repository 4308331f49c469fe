// Keys and values of the tokens that a decoder has read, so that each further token costs one forward pass of itself alone.

import type { Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import type { AtelierBackend } from '#gpu/webgpu-backend.ts';
import { cachedAttention } from '#kernels/cached-attention/cached-attention.ts';
import type { AttentionCache, CausalAttentionOptions } from './attention-cache.ts';

export class KeyValueCache implements AttentionCache {
  readonly #backend: AtelierBackend;
  readonly #capacity: number;
  /** f32 [M, 2G·D] of each attention layer, in the order in which a forward pass comes to them. */
  readonly #layers: Tensor[] = [];
  #next = 0;

  /** @param capacity tokens, M. */
  constructor(backend: AtelierBackend, capacity: number) {
    this.#backend = backend;
    this.#capacity = capacity;
  }

  /** Another forward pass begins. */
  begin(): void {
    this.#next = 0;
  }

  attend(qkv: Tensor, options: CausalAttentionOptions, cached: Tensor): Tensor {
    const { heads, kvHeads = heads } = options;
    const headSize = qkv.shape[2]! / (heads + 2 * kvHeads);
    const layer = this.#next++;
    this.#layers[layer] ??= this.#newLayer(2 * kvHeads * headSize);
    return cachedAttention(this.#backend, qkv, this.#layers[layer]!, cached, {
      heads,
      kvHeads,
      scale: options.scale ?? 1 / Math.sqrt(headSize),
      window: options.window ?? 0,
    });
  }

  dispose(): void {
    tf.dispose(this.#layers.splice(0));
  }

  #newLayer(width: number): Tensor {
    const buffer = this.#backend.createBuffer(this.#capacity * width * 4);
    const info = this.#backend.makeView([this.#capacity, width], 'f32', buffer, 0, () =>
      this.#backend.destroyBuffer(buffer),
    );
    return tf.keep(tf.engine().makeTensorFromTensorInfo(info));
  }
}
