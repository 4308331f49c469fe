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

/** Most batches that are sorted together. */
const MEGA_BATCH = 50;

/**
 * A new permutation each epoch in which neighbours are of similar length, the longest example first: HF's
 * LengthGroupedSampler. HF draws from torch's global generator, which no resumed run can repeat; here from seed + epoch.
 */
export class LengthGroupedSampler implements Sampler {
  readonly length: number;
  readonly #lengths: readonly number[];
  readonly #batchSize: number;
  readonly #seed: number;

  /** @param batchSize examples of an update. */
  constructor(lengths: readonly number[], batchSize: number, seed: number) {
    this.length = lengths.length;
    this.#lengths = lengths;
    this.#batchSize = batchSize;
    this.#seed = seed;
  }

  indices(epoch: number): Int32Array {
    const order = [...randperm(this.length, this.#seed + epoch)];
    const batches = Math.min(Math.floor(this.length / (this.#batchSize * 4)), MEGA_BATCH);
    const size = Math.max(1, batches) * this.#batchSize;
    const groups = Array.from({ length: Math.ceil(this.length / size) }, (_, i) =>
      order.slice(i * size, (i + 1) * size).sort((a, b) => this.#lengths[b]! - this.#lengths[a]!),
    );
    const longest = groups.reduce((best, group, i) => (this.#first(group) > this.#first(groups[best]!) ? i : best), 0);
    const [start, other] = [groups[0], groups[longest]];
    if (start && other) [start[0], other[0]] = [other[0]!, start[0]!];
    return Int32Array.from(groups.flat());
  }

  #first(group: readonly number[]): number {
    return this.#lengths[group[0]!]!;
  }
}
