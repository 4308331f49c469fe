// AdamW (Loshchilov and Hutter, 2019): `adamw_torch` and `adamw_torch_fused`, which are one rule.

import type { Tensor } from '@tensorflow/tfjs';
import { adamWStep } from '#kernels/adamw-step/adamw-step.ts';
import type { BlockUpdate, Optimizer, ParamGroup } from './optimizer.ts';
import { makeBlocks, type ParameterBlock } from './parameter-blocks.ts';
import { StateArrays } from './state-arrays.ts';

export interface AdamWOptions {
  readonly betas: readonly [number, number];
  /** Added to the root of the second moment. */
  readonly eps: number;
}

export class AdamW implements Optimizer {
  readonly betas: readonly [number, number];
  readonly paramGroups: readonly ParamGroup[];
  readonly blocks: readonly ParameterBlock[];
  readonly #eps: number;
  readonly #moments: StateArrays;

  constructor(paramGroups: readonly ParamGroup[], { betas, eps }: AdamWOptions) {
    this.betas = betas;
    this.#eps = eps;
    this.paramGroups = paramGroups;
    this.blocks = paramGroups.flatMap(({ weightDecay, parameters }) => makeBlocks(weightDecay, parameters));
    this.#moments = new StateArrays(['exp_avg', 'exp_avg_sq'], this.blocks);
  }

  step(updates: readonly BlockUpdate[], state: Tensor, lr: Tensor): void {
    const [beta1, beta2] = this.betas;
    for (const { block, gradient, half, first, size } of updates) {
      const [m, v] = this.#moments.of(block);
      adamWStep({
        p: block.values,
        m: m!,
        v: v!,
        grad: gradient,
        half,
        first,
        size,
        state,
        lr,
        beta1,
        beta2,
        eps: this.#eps,
        weightDecay: block.weightDecay,
      });
    }
  }

  stateTensors(): ReadonlyMap<string, Tensor> {
    return this.#moments.byName();
  }

  dispose(): void {
    this.#moments.dispose();
    for (const block of this.blocks) block.dispose();
  }
}
