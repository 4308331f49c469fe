// RoBERTa's heads: for whole texts, as transformers' RobertaClassificationHead, and for hidden words, as RobertaLMHead.

import type { Tensor } from '@tensorflow/tfjs';
import { activation } from '#kernels/activation/activation.ts';
import { dropout } from '#kernels/dropout/dropout.ts';
import type { Embedding } from '#nn/embedding.ts';
import type { ForwardContext } from '#nn/forward-context.ts';
import { LayerNorm } from '#nn/layer-norm.ts';
import { Linear } from '#nn/linear.ts';
import { Module } from '#nn/module.ts';
import { Parameter } from '#nn/parameter.ts';
import type { VocabularyHead } from '#nn/vocabulary-head.ts';
import { firstToken } from '../bert/bert-model.ts';
import type { RobertaConfig } from './roberta-config.ts';

export class RobertaClassificationHead extends Module {
  readonly #dense: Linear;
  readonly #output: Linear;
  readonly #dropout: number;

  constructor({ hiddenSize, classifierDropout }: RobertaConfig, labels: number) {
    super();
    this.#dense = this.child('dense', new Linear(hiddenSize, hiddenSize));
    this.#output = this.child('out_proj', new Linear(hiddenSize, labels));
    this.#dropout = classifierDropout;
  }

  /** hidden [B, L, D] → [B, C] */
  forward(hidden: Tensor, context: ForwardContext): Tensor {
    const first = dropout(firstToken(hidden, context), this.#dropout, context.dropoutKey);
    const squashed = activation(this.#dense.forward(first, context), 'tanh');
    return this.#output.forward(dropout(squashed, this.#dropout, context.dropoutKey), context);
  }
}

export class RobertaLmHead extends Module {
  readonly #bias: Parameter;
  readonly #dense: Linear;
  readonly #norm: LayerNorm;
  readonly #words: Embedding;

  /** @param words whose weight is the decoder's too. */
  constructor({ vocabSize, hiddenSize, layerNormEps }: RobertaConfig, words: Embedding) {
    super();
    this.#bias = this.parameter('bias', new Parameter([vocabSize], 'zeros'));
    this.#dense = this.child('dense', new Linear(hiddenSize, hiddenSize));
    this.#norm = this.child('layer_norm', new LayerNorm(hiddenSize, layerNormEps));
    this.#words = words;
  }

  /** @param hidden [B, L, D] */
  forward(hidden: Tensor, context: ForwardContext): VocabularyHead {
    const transformed = activation(this.#dense.forward(hidden, context), 'gelu');
    const normed = this.#norm.forward(transformed, context);
    return { hidden: normed, weight: this.#words.weight, bias: this.#bias, cap: 0, lora: null };
  }
}
