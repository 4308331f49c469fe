// BERT's head for hidden words: transform, then a product with the token embedding, as transformers' BertLMPredictionHead.

import type { Tensor } from '@tensorflow/tfjs';
import { type Activation, activation } from '#kernels/activation/activation.ts';
import { linear } from '#kernels/linear/linear.ts';
import type { Embedding } from '#nn/embedding.ts';
import type { ForwardContext } from '#nn/forward-context.ts';
import { LayerNorm } from '#nn/layer-norm.ts';
import { Linear } from '#nn/linear.ts';
import { Module } from '#nn/module.ts';
import { Parameter } from '#nn/parameter.ts';
import type { BertConfig } from './bert-config.ts';

export class BertLmHead extends Module {
  readonly #bias: Parameter;
  readonly #dense: Linear;
  readonly #norm: LayerNorm;
  readonly #activation: Activation;
  readonly #words: Embedding;

  /** @param words whose weight is the decoder's too. */
  constructor({ vocabSize, hiddenSize, activation, layerNormEps }: BertConfig, words: Embedding) {
    super();
    this.#bias = this.parameter('bias', new Parameter([vocabSize], 'zeros'));
    this.#dense = this.child('transform.dense', new Linear(hiddenSize, hiddenSize));
    this.#norm = this.child('transform.LayerNorm', new LayerNorm(hiddenSize, layerNormEps));
    this.#activation = activation;
    this.#words = words;
  }

  /** hidden [B, L, D] → [B, L, V] */
  forward(hidden: Tensor, context: ForwardContext): Tensor {
    const transformed = activation(this.#dense.forward(hidden, context), this.#activation);
    const normed = this.#norm.forward(transformed, context);
    return linear(context.operand(normed), context.weight(this.#words.weight), this.#bias.value);
  }
}
