// In which order an epoch goes through the examples.

import { randperm } from '#util/mt19937.ts';

export interface Sampler {
  /** Indices in an epoch. */
  readonly length: number;
  /** The whole order of an epoch (0, 1, …), the same whenever it is asked for. */
  indices(epoch: number): Int32Array;
}

/** A new permutation each epoch, as HF's Trainer draws it: torch.randperm seeded with seed + epoch. */
export class RandomSampler implements Sampler {
  readonly length: number;
  readonly #seed: number;

  constructor(length: number, seed: number) {
    this.length = length;
    this.#seed = seed;
  }

  indices(epoch: number): Int32Array {
    return randperm(this.length, this.#seed + epoch);
  }
}

/** First to last, every epoch. */
export class SequentialSampler implements Sampler {
  readonly length: number;

  constructor(length: number) {
    this.length = length;
  }

  indices(): Int32Array {
    return Int32Array.from({ length: this.length }, (_, i) => i);
  }
}
