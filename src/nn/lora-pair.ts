// A low-rank adapter of a linear map (Hu et al., 2021): y = W·x + scaling · B·A·dropout(x), as PEFT's lora.Linear.

import type { Tensor } from '@tensorflow/tfjs';
import { addColumns } from '#kernels/add-columns/add-columns.ts';
import { dropout } from '#kernels/dropout/dropout.ts';
import { linear } from '#kernels/linear/linear.ts';
import type { ForwardContext } from './forward-context.ts';
import { Parameter } from './parameter.ts';

export interface LoraOptions {
  readonly rank: number;
  readonly scaling: number;
  /** On the input of A, in training. */
  readonly dropout: number;
}

export class LoraPair {
  /** [r, in] */
  readonly a: Parameter;
  /** [out, r] */
  readonly b: Parameter;
  readonly scaling: number;
  readonly #dropout: number;

  constructor(inFeatures: number, outFeatures: number, { rank, scaling, dropout: probability }: LoraOptions) {
    this.a = new Parameter([rank, inFeatures], 'normal');
    this.b = new Parameter([outFeatures, rank], 'zeros');
    this.scaling = scaling;
    this.#dropout = probability;
  }

  /** Adds B·A·x to the columns of `base` [..., N] from `first` on; x [..., in]. */
  addTo(base: Tensor, x: Tensor, first: number, context: ForwardContext): Tensor {
    const input = dropout(context.operand(x), this.#dropout, context.dropoutKey);
    const inner = linear(input, context.weight(this.a), null);
    const delta = linear(context.operand(inner), context.weight(this.b), null);
    return addColumns(base, delta, first, this.scaling);
  }
}
