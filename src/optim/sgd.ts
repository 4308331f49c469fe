// SGD with optional momentum, as torch.optim.SGD.

import type { Tensor } from '@tensorflow/tfjs';
import { sgdStep } from '#kernels/sgd-step/sgd-step.ts';
import { BlockOptimizer, operandsOf } from './block-optimizer.ts';
import type { BlockUpdate, ParamGroup } from './optimizer.ts';

export interface SgdOptions {
  /** All default to 0 and false in PyTorch. */
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;
}

export class Sgd extends BlockOptimizer {
  readonly #options: SgdOptions;

  constructor(paramGroups: readonly ParamGroup[], options: SgdOptions) {
    super(paramGroups, options.momentum === 0 ? [] : ['momentum_buffer']);
    this.#options = options;
  }

  step(updates: readonly BlockUpdate[], state: Tensor, lr: Tensor): void {
    for (const update of updates) {
      const [buffer = null] = this.arrays.of(update.block);
      sgdStep({ ...operandsOf(update, state, lr), buffer, ...this.#options });
    }
  }
}
