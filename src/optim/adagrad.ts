// Adagrad, as torch.optim.Adagrad.

import type { Tensor } from '@tensorflow/tfjs';
import { adagradStep } from '#kernels/adagrad-step/adagrad-step.ts';
import { BlockOptimizer, operandsOf } from './block-optimizer.ts';
import type { BlockUpdate, ParamGroup } from './optimizer.ts';

export interface AdagradOptions {
  /** Defaults in PyTorch: 0 and 1e-10. */
  readonly lrDecay: number;
  readonly eps: number;
}

export class Adagrad extends BlockOptimizer {
  readonly #options: AdagradOptions;

  constructor(paramGroups: readonly ParamGroup[], options: AdagradOptions) {
    super(paramGroups, ['sum']);
    this.#options = options;
  }

  step(updates: readonly BlockUpdate[], state: Tensor, lr: Tensor): void {
    for (const update of updates) {
      const [sum] = this.arrays.of(update.block);
      adagradStep({ ...operandsOf(update, state, lr), sum: sum!, ...this.#options });
    }
  }
}
