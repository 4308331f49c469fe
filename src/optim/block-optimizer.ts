// What optimizers share whose state lies beside the parameters, number by number.

import type { Tensor } from '@tensorflow/tfjs';
import type { ParameterStep } from '#kernels/shared/parameter-update.ts';
import type { BlockUpdate, Optimizer, ParamGroup } from './optimizer.ts';
import { makeBlocks, type ParameterBlock } from './parameter-blocks.ts';
import { StateArrays } from './state-arrays.ts';

export abstract class BlockOptimizer implements Optimizer {
  readonly betas: readonly [number, number];
  readonly paramGroups: readonly ParamGroup[];
  readonly blocks: readonly ParameterBlock[];
  protected readonly arrays: StateArrays;

  /**
   * @param kinds names of the numbers beside each parameter, as in a checkpoint of PyTorch's.
   * @param betas whose bias corrections the rule needs. Default: none.
   */
  constructor(paramGroups: readonly ParamGroup[], kinds: readonly string[], betas: readonly [number, number] = [0, 0]) {
    this.paramGroups = paramGroups;
    this.betas = betas;
    this.blocks = paramGroups.flatMap(({ weightDecay, parameters }) => makeBlocks(weightDecay, parameters));
    this.arrays = new StateArrays(kinds, this.blocks);
  }

  abstract step(updates: readonly BlockUpdate[], state: Tensor, lr: Tensor): void;

  stateTensors(): ReadonlyMap<string, Tensor> {
    return this.arrays.byName();
  }

  dispose(): void {
    this.arrays.dispose();
    for (const block of this.blocks) block.dispose();
  }
}

/** What every update rule takes of a range. */
export function operandsOf(
  { block, gradient, half, first, size }: BlockUpdate,
  state: Tensor,
  lr: Tensor,
): ParameterStep {
  return { p: block.values, half, first, size, grad: gradient, state, lr, weightDecay: block.weightDecay };
}
