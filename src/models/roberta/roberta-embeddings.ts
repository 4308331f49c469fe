// RoBERTa's input (Liu et al., 2019): as BERT's, with positions that count the tokens that are no padding.

import type { Tensor } from '@tensorflow/tfjs';
import { dropout } from '#kernels/dropout/dropout.ts';
import { Embedding, embed } from '#nn/embedding.ts';
import type { ForwardContext } from '#nn/forward-context.ts';
import { LayerNorm } from '#nn/layer-norm.ts';
import { Module } from '#nn/module.ts';
import type { TextInputs } from '../text-inputs.ts';
import type { RobertaConfig } from './roberta-config.ts';

export class RobertaEmbeddings extends Module {
  readonly words: Embedding;
  readonly #types: Embedding;
  readonly #norm: LayerNorm;
  readonly #positions: Embedding;
  readonly #config: RobertaConfig;

  constructor(config: RobertaConfig) {
    super();
    const { hiddenSize } = config;
    this.words = this.child('word_embeddings', new Embedding(config.vocabSize, hiddenSize));
    this.#types = this.child('token_type_embeddings', new Embedding(config.typeVocabSize, hiddenSize));
    this.#norm = this.child('LayerNorm', new LayerNorm(hiddenSize, config.layerNormEps));
    this.#positions = this.child('position_embeddings', new Embedding(config.positionRows, hiddenSize));
    this.#config = config;
  }

  /** → [B, L, D] */
  forward({ batchSize, length, inputIds, tokenTypeIds }: TextInputs, context: ForwardContext): Tensor {
    const { padTokenId, hiddenDropout } = this.#config;
    const shape = [batchSize, length];
    const summed = context.embedded(
      embed([
        { table: this.words, tokens: context.tokenIds(inputIds, shape, padTokenId) },
        { table: this.#types, tokens: context.tokenIds(tokenTypeIds, shape) },
        {
          table: this.#positions,
          tokens: context.tokenIds((batch) => positionsOf(inputIds(batch), length, padTokenId), shape, padTokenId),
        },
      ]),
    );
    return dropout(this.#norm.forward(summed, context), hiddenDropout, context.dropoutKey);
  }
}

/** Tokens count from the padding's id plus one; padding keeps its id. */
function positionsOf(ids: Int32Array, length: number, padTokenId: number): Int32Array {
  let count = 0;
  return ids.map((id, i) => {
    if (i % length === 0) count = 0;
    return id === padTokenId ? padTokenId : ++count + padTokenId;
  });
}
