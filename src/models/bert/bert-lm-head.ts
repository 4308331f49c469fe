// BERT's head for hidden words: transform, then a product with the token embedding, as transformers' BertLMPredictionHead.

import type { Tensor } from '@tensorflow/tfjs';
import { type Activation, activation } from '#kernels/activation/activation.ts';
import type { Embedding } from '#nn/embedding.ts';
import type { ForwardContext } from '#nn/forward-context.ts';
import { LayerNorm } from '#nn/layer-norm.ts';
import { Linear } from '#nn/linear.ts';
import { Module } from '#nn/module.ts';
import { Parameter } from '#nn/parameter.ts';
import type { VocabularyHead } from '#nn/vocabulary-head.ts';
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

  /** @param hidden [B, L, D] */
  forward(hidden: Tensor, context: ForwardContext): VocabularyHead {
    const transformed = activation(this.#dense.forward(hidden, context), this.#activation);
    const normed = this.#norm.forward(transformed, context);
    return { hidden: normed, weight: this.#words.weight, bias: this.#bias, cap: 0, lora: null };
  }
}
