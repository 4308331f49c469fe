// The key of one forward pass's dropout masks: (seed, step), on the CPU for references and on the device for kernels.

import type { Tensor } from '@tensorflow/tfjs';

/**
 * Masks depend on (seed, step, site, element) alone, so the backward pass and a resumed run make the same ones again.
 * `step` counts forward passes in training; each call site in a forward takes the next `site`.
 */
export class DropoutKey {
  readonly seed: number;
  readonly step: number;
  readonly #makeTensor: () => Tensor;
  #tensor: Tensor | null = null;
  #nextSite = 0;

  /** @param makeTensor int32 [2] of seed and step; whoever makes it disposes it. */
  constructor(seed: number, step: number, makeTensor: () => Tensor) {
    this.seed = seed >>> 0;
    this.step = step >>> 0;
    this.#makeTensor = makeTensor;
  }

  /** int32 [2]: what changes between steps lies in a tensor, never in a uniform. */
  get tensor(): Tensor {
    this.#tensor ??= this.#makeTensor();
    return this.#tensor;
  }

  /** The site that the next call takes; set back, a part of a forward pass drops the same elements again. */
  get nextSite(): number {
    return this.#nextSite;
  }

  set nextSite(site: number) {
    this.#nextSite = site;
  }

  takeSite(): number {
    return this.#nextSite++;
  }
}

/** An element is dropped where its word is below this. */
export function dropThreshold(probability: number): number {
  return Math.floor(probability * 2 ** 32);
}
