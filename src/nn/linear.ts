// torch.nn.Linear: `weight` [out, in] and `bias` [out].

import type { Tensor } from '@tensorflow/tfjs';
import { linear } from '#kernels/linear/linear.ts';
import type { ForwardContext } from './forward-context.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';

export class Linear extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter;

  constructor(inFeatures: number, outFeatures: number) {
    super();
    this.weight = this.parameter('weight', new Parameter([outFeatures, inFeatures], 'normal'));
    this.bias = this.parameter('bias', new Parameter([outFeatures], 'zeros'));
  }

  /** [..., in] → [..., out], in the context's storage. */
  forward(x: Tensor, context: ForwardContext): Tensor {
    return linear(context.operand(x), context.operand(this.weight.value), this.bias.value);
  }
}
