// torch.nn.LayerNorm over the last axis: `weight` and `bias` [columns].

import type { Tensor } from '@tensorflow/tfjs';
import { layerNorm } from '#kernels/layer-norm/layer-norm.ts';
import type { ForwardContext } from './forward-context.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';

export class LayerNorm extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter;
  readonly #eps: number;

  constructor(columns: number, eps: number) {
    super();
    this.weight = this.parameter('weight', new Parameter([columns], 'ones', true));
    this.bias = this.parameter('bias', new Parameter([columns], 'zeros', true));
    this.#eps = eps;
  }

  /** [..., columns] → the same, in the context's storage. */
  forward(x: Tensor, context: ForwardContext): Tensor {
    return layerNorm(x, this.weight.value, this.bias.value, this.#eps, context.storage);
  }
}
