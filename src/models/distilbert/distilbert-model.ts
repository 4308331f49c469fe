// DistilBERT (Sanh et al., 2019) with the layers and weight names of transformers' DistilBertModel.

import type { Tensor } from '@tensorflow/tfjs';
import { dropout } from '#kernels/dropout/dropout.ts';
import { Embedding, embed } from '#nn/embedding.ts';
import type { ForwardContext } from '#nn/forward-context.ts';
import { LayerNorm } from '#nn/layer-norm.ts';
import { Module } from '#nn/module.ts';
import { EncoderLayer, type EncoderLayerNames } from '../encoder-layer.ts';
import { paddingIdOf } from '../model-shape.ts';
import type { TextInputs } from '../text-inputs.ts';
import { type DistilBertConfig, LAYER_NORM_EPS } from './distilbert-config.ts';

class DistilBertEmbeddings extends Module {
  readonly words: Embedding;
  readonly #positions: Embedding;
  readonly #norm: LayerNorm;
  readonly #config: DistilBertConfig;

  constructor(config: DistilBertConfig) {
    super();
    this.words = this.child('word_embeddings', new Embedding(config.vocabSize, config.hiddenSize));
    this.#positions = this.child('position_embeddings', new Embedding(config.maxPositions, config.hiddenSize));
    this.#norm = this.child('LayerNorm', new LayerNorm(config.hiddenSize, LAYER_NORM_EPS));
    this.#config = config;
  }

  /** → [B, L, D] */
  forward(inputs: TextInputs, context: ForwardContext): Tensor {
    const shape = [inputs.batchSize, inputs.length];
    const summed = context.embedded(
      embed([
        { table: this.words, tokens: context.tokenIds(inputs.inputIds, shape, paddingIdOf(this.#config)) },
        { table: this.#positions, tokens: context.tokenIds(inputs.positions, shape) },
      ]),
    );
    return dropout(this.#norm.forward(summed, context), this.#config.dropout, context.dropoutKey);
  }
}

const LAYER_NAMES: EncoderLayerNames = {
  query: 'attention.q_lin',
  key: 'attention.k_lin',
  value: 'attention.v_lin',
  attentionOutput: 'attention.out_lin',
  attentionNorm: 'sa_layer_norm',
  intermediate: 'ffn.lin1',
  output: 'ffn.lin2',
  outputNorm: 'output_layer_norm',
};

export class DistilBertModel extends Module {
  readonly #embeddings: DistilBertEmbeddings;
  readonly #layers: readonly EncoderLayer[];

  constructor(config: DistilBertConfig) {
    super();
    this.#embeddings = this.child('embeddings', new DistilBertEmbeddings(config));
    const layer = {
      ...config,
      layerNormEps: LAYER_NORM_EPS,
      attentionOutputDropout: 0,
      outputDropout: config.dropout,
    };
    this.#layers = Array.from({ length: config.numHiddenLayers }, (_, i) =>
      this.child(`transformer.layer.${i}`, new EncoderLayer(layer, LAYER_NAMES)),
    );
  }

  /** Also the weight of a language-modelling head. */
  get words(): Embedding {
    return this.#embeddings.words;
  }

  /** → the state of each token [B, L, D]. */
  forward(inputs: TextInputs, context: ForwardContext): Tensor {
    const mask = context.feed(({ batch }) => inputs.attentionMask(batch), [inputs.batchSize, inputs.length]);
    let hidden = this.#embeddings.forward(inputs, context);
    for (const layer of this.#layers) hidden = context.layer(hidden, (x) => layer.forward(x, mask, context));
    return hidden;
  }
}
