// Lion (Chen et al., 2023) with 32-bit state: `lion_32bit`, which is bitsandbytes' in HF's Trainer.

import type { Tensor } from '@tensorflow/tfjs';
import { lionStep } from '#kernels/lion-step/lion-step.ts';
import { BlockOptimizer, operandsOf } from './block-optimizer.ts';
import type { BlockUpdate, ParamGroup } from './optimizer.ts';

export class Lion extends BlockOptimizer {
  readonly #beta1: number;
  readonly #beta2: number;

  /** @param betas weights of the running mean in the direction, and of its past. */
  constructor(paramGroups: readonly ParamGroup[], betas: readonly [number, number]) {
    super(paramGroups, ['exp_avg']);
    [this.#beta1, this.#beta2] = betas;
  }

  step(updates: readonly BlockUpdate[], state: Tensor, lr: Tensor): void {
    for (const update of updates) {
      const [m] = this.arrays.of(update.block);
      lionStep({ ...operandsOf(update, state, lr), m: m!, beta1: this.#beta1, beta2: this.#beta2 });
    }
  }
}
