// RMSprop with optional momentum and centring, as torch.optim.RMSprop.

import type { Tensor } from '@tensorflow/tfjs';
import { copyInto } from '#gpu/arena.ts';
import { rmspropStep } from '#kernels/rmsprop-step/rmsprop-step.ts';
import { BlockOptimizer, operandsOf } from './block-optimizer.ts';
import type { BlockUpdate, ParamGroup } from './optimizer.ts';

export interface RmspropOptions {
  /** Defaults in PyTorch: 0.99, 1e-8, 0 and false. */
  readonly alpha: number;
  readonly eps: number;
  readonly momentum: number;
  readonly centered: boolean;
}

export class Rmsprop extends BlockOptimizer {
  readonly #options: RmspropOptions;

  constructor(paramGroups: readonly ParamGroup[], options: RmspropOptions) {
    const { momentum, centered } = options;
    super(paramGroups, ['square_avg', ...(momentum > 0 ? ['momentum_buffer'] : []), ...(centered ? ['grad_avg'] : [])]);
    this.#options = options;
  }

  step(updates: readonly BlockUpdate[], state: Tensor, lr: Tensor): void {
    const { momentum, centered, alpha, eps } = this.#options;
    for (const update of updates) {
      const [v, ...optional] = this.arrays.of(update.block);
      const buffer = momentum > 0 ? optional[0]! : null;
      const average = centered ? optional.at(-1)! : null;
      // All three beside the copy would be more buffers than a device must allow.
      const half = buffer && average ? null : update.half;
      rmspropStep({ ...operandsOf(update, state, lr), half, v: v!, buffer, average, alpha, eps, momentum });
      if (update.half && !half) copyInto(update.half, update.block.values);
    }
  }
}
