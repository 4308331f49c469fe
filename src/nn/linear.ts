// torch.nn.Linear: `weight` [out, in] and, unless it is switched off, `bias` [out]; and what is made of several.

import type { Tensor } from '@tensorflow/tfjs';
import { type Activation, activation } from '#kernels/activation/activation.ts';
import { add } from '#kernels/add/add.ts';
import { dropoutAt } from '#kernels/dropout/dropout.ts';
import { gatedActivation } from '#kernels/gated-activation/gated-activation.ts';
import { type LinearOptions, linear, linears } from '#kernels/linear/linear.ts';
import type { WeightLayout } from '#kernels/linear/weight-layout.ts';
import { mlp } from '#kernels/mlp/mlp.ts';
import type { ForwardContext } from './forward-context.ts';
import type { LoraPair } from './lora-pair.ts';
import { Module } from './module.ts';
import { Parameter } from './parameter.ts';

export interface LinearSpec {
  /** `in-out` for GPT-2's Conv1D, whose weight is [in, out]. Default out-in. */
  readonly layout?: WeightLayout;
  /** Default true. */
  readonly bias?: boolean;
  /** Standard deviation of a weight that starts fresh. Default: the config's `initializer_range`. */
  readonly std?: number;
}

type MapOptions = Omit<LinearOptions, 'layout'>;

export class Linear extends Module {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** What is trained in place of the weight; null: nothing. */
  lora: LoraPair | null = null;
  readonly weight: Parameter;
  readonly bias: Parameter | null;
  readonly layout: WeightLayout;

  constructor(inFeatures: number, outFeatures: number, { layout = 'out-in', bias = true, std }: LinearSpec = {}) {
    super();
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    const shape = layout === 'out-in' ? [outFeatures, inFeatures] : [inFeatures, outFeatures];
    this.weight = this.parameter('weight', new Parameter(shape, std === undefined ? 'normal' : { std }));
    this.bias = bias ? this.parameter('bias', new Parameter([outFeatures], 'zeros')) : null;
    this.layout = layout;
  }

  /** [..., in] → [..., out], in the context's storage. */
  forward(x: Tensor, context: ForwardContext, options: MapOptions = {}): Tensor {
    return this.lora ? this.#adapted(this.lora, x, context, options) : this.#plain(x, context, options);
  }

  #plain(x: Tensor, context: ForwardContext, options: MapOptions): Tensor {
    return linear(context.operand(x), context.weight(this.weight), this.bias?.value ?? null, {
      ...options,
      layout: this.layout,
    });
  }

  /** The adapter comes in before dropout and residual. */
  #adapted(lora: LoraPair, x: Tensor, context: ForwardContext, { residual, dropout }: MapOptions): Tensor {
    const mapped = lora.addTo(this.#plain(x, context, {}), x, 0, context);
    const dropped = dropout ? dropoutAt(mapped, dropout) : mapped;
    return residual ? add(dropped, residual) : dropped;
  }
}

/** Maps of one input side by side, all with a bias or none: [..., in] → [..., Σ out]. */
export function forwardTogether(maps: readonly Linear[], x: Tensor, context: ForwardContext): Tensor {
  const mapped = linears(
    context.operand(x),
    maps.map(({ weight }) => context.weight(weight)),
    maps.flatMap(({ bias }) => (bias ? [bias.value] : [])),
  );
  let first = 0;
  return maps.reduce((y, { lora, outFeatures }) => {
    first += outFeatures;
    return lora ? lora.addTo(y, x, first - outFeatures, context) : y;
  }, mapped);
}

const biasOf = ({ bias }: Linear): Tensor => {
  if (!bias) throw new Error('the maps of a feed-forward layer have biases');
  return bias.value;
};

/** Two maps, with biases, and an activation between them. */
export function feedForward(
  first: Linear,
  second: Linear,
  x: Tensor,
  context: ForwardContext,
  options: MapOptions & { readonly activation: Activation },
): Tensor {
  const { activation: kind, ...rest } = options;
  if (first.lora || second.lora) return second.forward(activation(first.forward(x, context), kind), context, rest);
  const weights = {
    weight1: context.weight(first.weight),
    bias1: biasOf(first),
    weight2: context.weight(second.weight),
    bias2: biasOf(second),
  };
  return mlp(context.operand(x), weights, { ...options, layout: first.layout });
}

/** `down` of f(gate) · up, for maps `gate` and `up` of one input that may lie in one, `gates`, side by side. */
export function gatedFeedForward(
  gates: readonly Linear[],
  down: Linear,
  x: Tensor,
  context: ForwardContext,
  { activation: kind, ...options }: MapOptions & { readonly activation: Activation },
): Tensor {
  return down.forward(gatedActivation(forwardTogether(gates, x, context), kind), context, options);
}
