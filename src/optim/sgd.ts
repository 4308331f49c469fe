// SGD with optional momentum, as torch.optim.SGD.

import type { Tensor } from '@tensorflow/tfjs';
import { sgdStep } from '#kernels/sgd-step/sgd-step.ts';
import type { BlockUpdate, Optimizer, ParamGroup } from './optimizer.ts';
import { makeBlocks, type ParameterBlock } from './parameter-blocks.ts';
import { StateArrays } from './state-arrays.ts';

export interface SgdOptions {
  /** All default to 0 and false in PyTorch. */
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;
}

export class Sgd implements Optimizer {
  readonly betas = [0, 0] as const;
  readonly paramGroups: readonly ParamGroup[];
  readonly blocks: readonly ParameterBlock[];
  readonly #options: SgdOptions;
  readonly #buffers: StateArrays;

  constructor(paramGroups: readonly ParamGroup[], options: SgdOptions) {
    this.paramGroups = paramGroups;
    this.#options = options;
    this.blocks = paramGroups.flatMap(({ weightDecay, parameters }) => makeBlocks(weightDecay, parameters));
    this.#buffers = new StateArrays(options.momentum === 0 ? [] : ['momentum_buffer'], this.blocks);
  }

  step(updates: readonly BlockUpdate[], state: Tensor, lr: Tensor): void {
    for (const { block, gradient, half, first, size } of updates) {
      const [buffer = null] = this.#buffers.of(block);
      const { weightDecay, values: p } = block;
      sgdStep({ p, buffer, grad: gradient, half, first, size, state, lr, weightDecay, ...this.#options });
    }
  }

  stateTensors(): ReadonlyMap<string, Tensor> {
    return this.#buffers.byName();
  }

  dispose(): void {
    this.#buffers.dispose();
    for (const block of this.blocks) block.dispose();
  }
}
