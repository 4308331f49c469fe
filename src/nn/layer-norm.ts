// torch.nn.LayerNorm over the last axis: `weight` and, unless it is switched off, `bias` [columns].

import type { Tensor } from '@tensorflow/tfjs';
import { layerNorm } from '#kernels/layer-norm/layer-norm.ts';
import type { ComputeStorage, ForwardContext } from './forward-context.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';

export class LayerNorm extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter | null;
  readonly #eps: number;

  constructor(columns: number, eps: number, bias = true) {
    super();
    this.weight = this.parameter('weight', new Parameter([columns], 'ones', 'norm'));
    this.bias = bias ? this.parameter('bias', new Parameter([columns], 'zeros', 'norm')) : null;
    this.#eps = eps;
  }

  /** [..., columns] → the same. @param storage of the result. Default the context's. */
  forward(x: Tensor, context: ForwardContext, storage: ComputeStorage = context.storage): Tensor {
    return layerNorm(x, this.weight.value, this.bias?.value ?? null, this.#eps, storage);
  }
}
