// Draws as torch makes them on the CPU from a seeded generator, counted, so that a resumed run can go on where it was.

import { Mt19937 } from './mt19937.ts';

export class TorchRandom {
  readonly #generator: Mt19937;
  #drawn = 0;

  /** As `torch.Generator().manual_seed(seed)`. */
  constructor(seed: number) {
    this.#generator = new Mt19937(seed);
  }

  /** Draws made so far. */
  get drawn(): number {
    return this.#drawn;
  }

  /** Goes on as if `count` draws had been made. */
  skip(count: number): void {
    for (let i = 0; i < count; i++) this.#next();
  }

  /** An element of `torch.bernoulli` of a float32 probability. */
  bernoulli(probability: number): boolean {
    return this.uniform() < Math.fround(probability);
  }

  /** An element of `torch.rand`: 24 bits in [0, 1). */
  uniform(): number {
    return (this.#next() & 0xffffff) / 2 ** 24;
  }

  /** An element of `torch.randint(limit)`, for limits below 2^32. */
  randint(limit: number): number {
    return this.#next() % limit;
  }

  #next(): number {
    this.#drawn += 1;
    return this.#generator.nextUint32();
  }
}
