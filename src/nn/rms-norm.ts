// The norms of Llama and Gemma over the last axis: `weight` [columns].

import type { Tensor } from '@tensorflow/tfjs';
import { rmsNorm } from '#kernels/rms-norm/rms-norm.ts';
import type { ForwardContext } from './forward-context.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';

export interface RmsNormConfig {
  readonly eps: number;
  /** 1 where weights are kept as distances from one, as in Gemma. */
  readonly offset: 0 | 1;
}

export class RmsNorm extends Module {
  readonly weight: Parameter;
  readonly #config: RmsNormConfig;

  constructor(columns: number, config: RmsNormConfig) {
    super();
    this.weight = this.parameter('weight', new Parameter([columns], config.offset === 0 ? 'ones' : 'zeros', 'norm'));
    this.#config = config;
  }

  /** [..., columns] → the same, in the context's storage; f32 with a residual, which is added to the result. */
  forward(x: Tensor, context: ForwardContext, residual?: Tensor): Tensor {
    return rmsNorm(x, this.weight.value, { ...this.#config, storage: context.storage, residual });
  }
}
