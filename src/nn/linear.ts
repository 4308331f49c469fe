// torch.nn.Linear: `weight` [out, in] and `bias` [out].

import type { Tensor } from '@tensorflow/tfjs';
import type { Activation } from '#kernels/activation/activation.ts';
import { type LinearOptions, linear, linears } from '#kernels/linear/linear.ts';
import type { WeightLayout } from '#kernels/linear/weight-layout.ts';
import { mlp } from '#kernels/mlp/mlp.ts';
import type { ForwardContext } from './forward-context.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';

export class Linear extends Module {
  readonly weight: Parameter;
  readonly bias: Parameter;
  readonly layout: WeightLayout;

  /** @param layout `in-out` for GPT-2's Conv1D, whose weight is [in, out]. Default out-in. */
  constructor(inFeatures: number, outFeatures: number, layout: WeightLayout = 'out-in') {
    super();
    const shape = layout === 'out-in' ? [outFeatures, inFeatures] : [inFeatures, outFeatures];
    this.weight = this.parameter('weight', new Parameter(shape, 'normal'));
    this.bias = this.parameter('bias', new Parameter([outFeatures], 'zeros'));
    this.layout = layout;
  }

  /** [..., in] → [..., out], in the context's storage. */
  forward(x: Tensor, context: ForwardContext, options: Omit<LinearOptions, 'layout'> = {}): Tensor {
    return linear(context.operand(x), context.weight(this.weight), this.bias.value, {
      ...options,
      layout: this.layout,
    });
  }
}

/** Maps of one input side by side: [..., in] → [..., Σ out]. */
export function forwardTogether(maps: readonly Linear[], x: Tensor, context: ForwardContext): Tensor {
  return linears(
    context.operand(x),
    maps.map(({ weight }) => context.weight(weight)),
    maps.map(({ bias }) => bias.value),
  );
}

/** Two maps with an activation between them. */
export function feedForward(
  first: Linear,
  second: Linear,
  x: Tensor,
  context: ForwardContext,
  options: Omit<LinearOptions, 'layout'> & { readonly activation: Activation },
): Tensor {
  const weights = {
    weight1: context.weight(first.weight),
    bias1: first.bias.value,
    weight2: context.weight(second.weight),
    bias2: second.bias.value,
  };
  return mlp(context.operand(x), weights, { ...options, layout: first.layout });
}
