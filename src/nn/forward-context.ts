// What a forward pass needs besides its batch: training or not, the dropout key, the precision of the large products, and
// the door through which the batch reaches the device.

import type { Tensor } from '@tensorflow/tfjs';
import { checkpointSegment } from '#gpu/checkpoint-segment.ts';
import type { Feed, FeedValues } from '#gpu/step-cache.ts';
import { activeWebGpu } from '#gpu/webgpu-backend.ts';
import { castStorage } from '#kernels/cast-storage/cast-storage.ts';
import { DropoutKey } from '#kernels/dropout/dropout-key.ts';
import { groupTokens, type TokenIds } from '#kernels/embedding/token-ids.ts';
import { embeddingNoise } from '#kernels/embedding-noise/embedding-noise.ts';
import type { Batch } from '#util/nd-array.ts';
import type { AttentionCache } from './attention-cache.ts';
import type { Parameter } from './parameter.ts';

/** Storage of weights and activations in the large products. */
export type ComputeStorage = 'f32' | 'f16' | 'bf16';

/** What differs between two forward passes of one shape. */
export interface ForwardSource {
  readonly batch: Batch;
  /** Counts the training forward passes of the run from 0: with the seed it fixes every dropout mask. */
  readonly forwardStep: number;
  /**
   * Examples (or label tokens) of the whole update, over all its micro-batches. A model that `acceptsLossKwargs`
   * divides the sum of its losses by it, so that accumulation gives the exact mean; null: by what the batch holds.
   */
  readonly numItemsInBatch: number | null;
  /** Tokens that the cache of keys and values holds already. Default 0. */
  readonly cached?: number;
}

/** What a forward pass in training does besides. */
export interface TrainingForward {
  /** Every n-th layer keeps its input alone and runs again in the backward pass. Default 0: none. */
  readonly checkpointEvery?: number;
  /** NEFTune's α: embeddings get noise up to α / √(length · width). Default 0: none. */
  readonly neftuneNoiseAlpha?: number;
}

export class ForwardContext {
  readonly source: ForwardSource;
  /** Null outside training: nothing is dropped. */
  readonly dropoutKey: DropoutKey | null;
  readonly storage: ComputeStorage;
  /** Keys and values of the tokens before these, when a text is written token by token; else null. */
  readonly cache: AttentionCache | null;
  readonly #feed: Feed<ForwardSource>;
  readonly #checkpointEvery: number;
  #layers = 0;
  readonly #noiseAlpha: number;

  private constructor(
    source: ForwardSource,
    dropoutKey: DropoutKey | null,
    storage: ComputeStorage,
    feed: Feed<ForwardSource>,
    checkpointEvery: number,
    { cache = null, noiseAlpha = 0 }: { cache?: AttentionCache | null; noiseAlpha?: number } = {},
  ) {
    this.source = source;
    this.dropoutKey = dropoutKey;
    this.storage = storage;
    this.#feed = feed;
    this.#checkpointEvery = checkpointEvery;
    this.cache = cache;
    this.#noiseAlpha = noiseAlpha;
  }

  static training(
    source: ForwardSource,
    seed: number,
    storage: ComputeStorage,
    feed: Feed<ForwardSource>,
    { checkpointEvery = 0, neftuneNoiseAlpha = 0 }: TrainingForward = {},
  ): ForwardContext {
    const key = new DropoutKey(seed, source.forwardStep, () =>
      feed(({ forwardStep }) => Int32Array.of(seed >>> 0, forwardStep), [2]),
    );
    return new ForwardContext(source, key, storage, feed, checkpointEvery, { noiseAlpha: neftuneNoiseAlpha });
  }

  static evaluation(batch: Batch, storage: ComputeStorage, feed: Feed<ForwardSource>): ForwardContext {
    return new ForwardContext({ batch, forwardStep: 0, numItemsInBatch: null }, null, storage, feed, 0);
  }

  /** The forward pass of tokens that come after those in the cache. */
  static generation(source: ForwardSource, cache: AttentionCache, feed: Feed<ForwardSource>): ForwardContext {
    return new ForwardContext(source, null, 'f32', feed, 0, { cache });
  }

  /** Whether several texts share a row: the mask numbers them. */
  get isPacked(): boolean {
    return this.cache === null && this.source.batch['position_ids'] !== undefined;
  }

  /**
   * A tensor, int32 or float32, made from the batch. In a replayed step `values` is called with each new batch, so it
   * must depend on nothing else that changes.
   */
  feed(values: (source: ForwardSource) => FeedValues, shape: readonly number[]): Tensor {
    return this.#feed(values, shape);
  }

  /**
   * Row numbers for an embedding, [...shape]; in training with what its gradient needs.
   * @param paddingId a row that gets no gradient, as torch's `padding_idx`. Default: none.
   */
  tokenIds(values: (batch: Batch) => Int32Array, shape: readonly number[], paddingId: number | null = null): TokenIds {
    const size = shape.reduce((product, n) => product * n, 1);
    return {
      ids: this.feed(({ batch }) => values(batch), shape),
      groups: this.dropoutKey ? this.feed(({ batch }) => groupTokens(values(batch), paddingId), [3 * size + 1]) : null,
      paddingId,
    };
  }

  /**
   * One layer of a deep model: with gradient checkpointing it keeps only its input for the backward pass, and runs again
   * there, with the same dropout.
   */
  layer(x: Tensor, forward: (x: Tensor) => Tensor): Tensor {
    const key = this.dropoutKey;
    const index = this.#layers++;
    const runsAgain = this.#checkpointEvery > 0 && index % this.#checkpointEvery === 0;
    // Outside WebGPU gradients of weights have no place of their own, which running again needs.
    if (!runsAgain || !key || !activeWebGpu()) return forward(x);
    const site = key.nextSite;
    return checkpointSegment(x, (input) => {
      key.nextSite = site;
      return forward(input);
    });
  }

  /**
   * The embeddings of a batch, with noise in training where it is asked for.
   * @param x f32 [B, L, D]: the sum of all embeddings; noise on the words' alone gives the same.
   */
  embedded(x: Tensor): Tensor {
    const key = this.dropoutKey;
    if (!key || this.#noiseAlpha === 0) return x;
    const [, length, width] = x.shape as [number, number, number];
    const magnitude = this.feed(
      ({ batch }) => Float32Array.of(this.#noiseAlpha / Math.sqrt(longestIn(batch, length) * width)),
      [1],
    );
    return embeddingNoise(x, magnitude, key);
  }

  /** The tensor as an operand of a large product. */
  operand(tensor: Tensor): Tensor {
    return castStorage(tensor, this.storage);
  }

  /** The parameter as an operand of a large product. */
  weight(parameter: Parameter): Tensor {
    return parameter.storedAs(this.storage) ?? castStorage(parameter.value, this.storage);
  }
}

/** Tokens of the longest row of a batch, which may be filled up beyond it. */
function longestIn(batch: Batch, length: number): number {
  const mask = batch['attention_mask'];
  if (!mask) return length;
  const width = mask.shape.at(-1)!;
  let longest = 0;
  mask.data.forEach((value, i) => {
    if (value !== 0) longest = Math.max(longest, (i % width) + 1);
  });
  return longest;
}
