// AdamW (Loshchilov and Hutter, 2019): `adamw_torch` and `adamw_torch_fused`, which are one rule.

import type { Tensor } from '@tensorflow/tfjs';
import { adamWStep } from '#kernels/adamw-step/adamw-step.ts';
import { BlockOptimizer, operandsOf } from './block-optimizer.ts';
import type { BlockUpdate, ParamGroup } from './optimizer.ts';

export interface AdamWOptions {
  readonly betas: readonly [number, number];
  /** Added to the root of the second moment. */
  readonly eps: number;
}

export class AdamW extends BlockOptimizer {
  readonly #eps: number;

  constructor(paramGroups: readonly ParamGroup[], { betas, eps }: AdamWOptions) {
    super(paramGroups, ['exp_avg', 'exp_avg_sq'], betas);
    this.#eps = eps;
  }

  step(updates: readonly BlockUpdate[], state: Tensor, lr: Tensor): void {
    const [beta1, beta2] = this.betas;
    for (const update of updates) {
      const [m, v] = this.arrays.of(update.block);
      adamWStep({ ...operandsOf(update, state, lr), m: m!, v: v!, beta1, beta2, eps: this.#eps });
    }
  }
}
