// Normal draws as torch makes them on the CPU from a seeded generator, so that a new head starts where Python's does.

import { Mt19937 } from './mt19937.ts';

/** Tensors below this size take torch's scalar path. */
const VECTOR_PATH = 16;

export class TorchNormal {
  readonly #generator: Mt19937;

  /** As after `torch.manual_seed(seed)`; successive fills continue the stream. */
  constructor(seed: number) {
    this.#generator = new Mt19937(seed);
  }

  /** The values of `torch.empty(size).normal_(mean, std)`, to float32 rounding of the logarithm and cosine. */
  fill(size: number, mean: number, std: number): Float32Array {
    return size < VECTOR_PATH ? this.#scalar(size, mean, std) : this.#blocks(size, mean, std);
  }

  /** Uniforms in [0, 1) of 24 bits, then Box-Muller over blocks of 16; an incomplete tail redraws the last block. */
  #blocks(size: number, mean: number, std: number): Float32Array {
    const data = Float32Array.from({ length: size }, () => this.#uniform24());
    for (let at = 0; at + 16 <= size; at += 16) boxMuller(data, at, mean, std);
    if (size % 16 !== 0) {
      for (let i = size - 16; i < size; i++) data[i] = this.#uniform24();
      boxMuller(data, size - 16, mean, std);
    }
    return data;
  }

  #scalar(size: number, mean: number, std: number): Float32Array {
    const data = new Float32Array(size);
    for (let i = 0; i < size; i += 2) {
      const angle = 2 * Math.PI * this.#uniform53();
      const radius = Math.sqrt(-2 * Math.log1p(-this.#uniform53()));
      data[i] = radius * Math.cos(angle) * std + mean;
      if (i + 1 < size) data[i + 1] = radius * Math.sin(angle) * std + mean;
    }
    return data;
  }

  #uniform24(): number {
    return (this.#generator.nextUint32() & 0xffffff) / 2 ** 24;
  }

  #uniform53(): number {
    const high = this.#generator.nextUint32() & 0x1fffff;
    return (high * 2 ** 32 + this.#generator.nextUint32()) / 2 ** 53;
  }
}

function boxMuller(data: Float32Array, at: number, mean: number, std: number): void {
  for (let j = at; j < at + 8; j++) {
    const radius = Math.sqrt(-2 * Math.log(1 - data[j]!));
    const angle = 2 * Math.PI * data[j + 8]!;
    data[j] = radius * Math.cos(angle) * std + mean;
    data[j + 8] = radius * Math.sin(angle) * std + mean;
  }
}
