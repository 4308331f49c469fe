// BERT's input: words, positions and segments added up, normalised.

import type { Tensor } from '@tensorflow/tfjs';
import { dropout } from '#kernels/dropout/dropout.ts';
import { Embedding, embed } from '#nn/embedding.ts';
import type { ForwardContext } from '#nn/forward-context.ts';
import { LayerNorm } from '#nn/layer-norm.ts';
import { Module } from '#nn/module.ts';
import { paddingIdOf } from '../model-shape.ts';
import type { TextInputs } from '../text-inputs.ts';
import type { BertConfig } from './bert-config.ts';

export class BertEmbeddings extends Module {
  readonly words: Embedding;
  readonly #positions: Embedding;
  readonly #types: Embedding;
  readonly #norm: LayerNorm;
  readonly #dropout: number;
  readonly #paddingId: number | null;

  constructor(config: BertConfig) {
    super();
    this.words = this.child('word_embeddings', new Embedding(config.vocabSize, config.hiddenSize));
    this.#positions = this.child('position_embeddings', new Embedding(config.maxPositions, config.hiddenSize));
    this.#types = this.child('token_type_embeddings', new Embedding(config.typeVocabSize, config.hiddenSize));
    this.#norm = this.child('LayerNorm', new LayerNorm(config.hiddenSize, config.layerNormEps));
    this.#dropout = config.hiddenDropout;
    this.#paddingId = paddingIdOf(config);
  }

  /** → [B, S, D] */
  forward(inputs: TextInputs, context: ForwardContext): Tensor {
    const shape = [inputs.batchSize, inputs.length];
    const summed = context.embedded(
      embed([
        { table: this.words, tokens: context.tokenIds(inputs.inputIds, shape, this.#paddingId) },
        { table: this.#positions, tokens: context.tokenIds(inputs.positions, shape) },
        { table: this.#types, tokens: context.tokenIds(inputs.tokenTypeIds, shape) },
      ]),
    );
    return dropout(this.#norm.forward(summed, context), this.#dropout, context.dropoutKey);
  }
}
