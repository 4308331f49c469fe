// Random numbers of a search: the same for the same seed and trial, whatever was drawn before.

import { Mt19937 } from '#util/mt19937.ts';

export class RandomNumbers {
  readonly #generator: Mt19937;

  constructor(seed: number, trial: number) {
    this.#generator = new Mt19937((Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(trial + 1, 0x85ebca6b)) >>> 0);
  }

  /** In [0, 1), 53 bits. */
  uniform(): number {
    return ((this.#generator.nextUint32() >>> 5) * 2 ** 26 + (this.#generator.nextUint32() >>> 6)) / 2 ** 53;
  }

  between(low: number, high: number): number {
    return low + this.uniform() * (high - low);
  }

  /** Of a normal distribution. */
  normal(mean: number, deviation: number): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return mean + deviation * radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** An index, as likely as its weight. @param weights their sum is 1. */
  choice(weights: readonly number[]): number {
    let left = this.uniform();
    for (const [i, weight] of weights.entries()) {
      left -= weight;
      if (left < 0) return i;
    }
    return weights.length - 1;
  }
}
