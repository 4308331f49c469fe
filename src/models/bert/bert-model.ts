// BERT's encoder (Devlin et al., 2019) with the layers and weight names of transformers' BertModel.

import type { Tensor } from '@tensorflow/tfjs';
import { activation } from '#kernels/activation/activation.ts';
import { selectToken } from '#kernels/select-token/select-token.ts';
import type { Embedding } from '#nn/embedding.ts';
import type { ForwardContext } from '#nn/forward-context.ts';
import { Linear } from '#nn/linear.ts';
import { Module } from '#nn/module.ts';
import { EncoderLayer, type EncoderLayerNames } from '../encoder-layer.ts';
import type { TextInputs } from '../text-inputs.ts';
import type { BertConfig } from './bert-config.ts';

const LAYER_NAMES: EncoderLayerNames = {
  query: 'attention.self.query',
  key: 'attention.self.key',
  value: 'attention.self.value',
  attentionOutput: 'attention.output.dense',
  attentionNorm: 'attention.output.LayerNorm',
  intermediate: 'intermediate.dense',
  output: 'output.dense',
  outputNorm: 'output.LayerNorm',
};

class BertPooler extends Module {
  readonly #dense: Linear;

  constructor(config: BertConfig) {
    super();
    this.#dense = this.child('dense', new Linear(config.hiddenSize, config.hiddenSize));
  }

  /** The first token's state [B, D], mapped and squashed. */
  forward(hidden: Tensor, context: ForwardContext): Tensor {
    return activation(this.#dense.forward(firstToken(hidden, context), context), 'tanh');
  }
}

/** hidden [B, L, D] → the first token of each text [B, D]. */
export function firstToken(hidden: Tensor, context: ForwardContext): Tensor {
  const batchSize = hidden.shape[0]!;
  return selectToken(
    hidden,
    context.feed(() => new Int32Array(batchSize), [batchSize]),
  );
}

/** What the layers begin with: tokens → states [B, L, D]. */
export interface WordEmbeddings extends Module {
  readonly words: Embedding;
  forward(inputs: TextInputs, context: ForwardContext): Tensor;
}

export class BertModel extends Module {
  readonly #embeddings: WordEmbeddings;
  readonly #layers: readonly EncoderLayer[];
  readonly #pooler: BertPooler | null;

  /** @param hasPooler whether the first token is mapped once more, to stand for the whole text. */
  constructor(config: BertConfig, embeddings: WordEmbeddings, hasPooler: boolean) {
    super();
    this.#embeddings = this.child('embeddings', embeddings);
    const { hiddenDropout } = config;
    const layer = { ...config, attentionOutputDropout: hiddenDropout, outputDropout: hiddenDropout };
    this.#layers = Array.from({ length: config.numHiddenLayers }, (_, i) =>
      this.child(`encoder.layer.${i}`, new EncoderLayer(layer, LAYER_NAMES)),
    );
    this.#pooler = hasPooler ? this.child('pooler', new BertPooler(config)) : null;
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

  /** hidden [B, L, D] → [B, D] */
  pool(hidden: Tensor, context: ForwardContext): Tensor {
    if (!this.#pooler) throw new Error('this model was made without a pooler');
    return this.#pooler.forward(hidden, context);
  }
}
