// DistilBERT (Sanh et al., 2019) with the layers and weight names of transformers' DistilBertModel.

import type { Tensor } from '@tensorflow/tfjs';
import { attention } from '#kernels/attention/attention.ts';
import { dropout, takeDropout } from '#kernels/dropout/dropout.ts';
import { Embedding, embed } from '#nn/embedding.ts';
import type { ForwardContext } from '#nn/forward-context.ts';
import { LayerNorm } from '#nn/layer-norm.ts';
import { feedForward, forwardTogether, Linear } from '#nn/linear.ts';
import { Module } from '#nn/module.ts';
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

class DistilBertLayer extends Module {
  readonly #query: Linear;
  readonly #key: Linear;
  readonly #value: Linear;
  readonly #attentionOutput: Linear;
  readonly #attentionNorm: LayerNorm;
  readonly #intermediate: Linear;
  readonly #output: Linear;
  readonly #outputNorm: LayerNorm;
  readonly #config: DistilBertConfig;

  constructor(config: DistilBertConfig) {
    super();
    const { hiddenSize: d, intermediateSize } = config;
    this.#query = this.child('attention.q_lin', new Linear(d, d));
    this.#key = this.child('attention.k_lin', new Linear(d, d));
    this.#value = this.child('attention.v_lin', new Linear(d, d));
    this.#attentionOutput = this.child('attention.out_lin', new Linear(d, d));
    this.#attentionNorm = this.child('sa_layer_norm', new LayerNorm(d, LAYER_NORM_EPS));
    this.#intermediate = this.child('ffn.lin1', new Linear(d, intermediateSize));
    this.#output = this.child('ffn.lin2', new Linear(intermediateSize, d));
    this.#outputNorm = this.child('output_layer_norm', new LayerNorm(d, LAYER_NORM_EPS));
    this.#config = config;
  }

  /** hidden [B, L, D] → [B, L, D] */
  forward(hidden: Tensor, mask: Tensor, context: ForwardContext): Tensor {
    const { numHeads, attentionDropout, activation, dropout: probability } = this.#config;
    const { dropoutKey } = context;
    const qkv = forwardTogether([this.#query, this.#key, this.#value], hidden, context);
    const attended = attention(qkv, mask, { heads: numHeads, dropout: attentionDropout, dropoutKey });
    const summed = this.#attentionOutput.forward(attended, context, { residual: hidden });
    const middle = this.#attentionNorm.forward(summed, context);
    const narrow = feedForward(this.#intermediate, this.#output, middle, context, {
      activation,
      residual: middle,
      dropout: takeDropout(probability, dropoutKey),
    });
    return this.#outputNorm.forward(narrow, context);
  }
}

export class DistilBertModel extends Module {
  readonly #embeddings: DistilBertEmbeddings;
  readonly #layers: readonly DistilBertLayer[];

  constructor(config: DistilBertConfig) {
    super();
    this.#embeddings = this.child('embeddings', new DistilBertEmbeddings(config));
    this.#layers = Array.from({ length: config.numHiddenLayers }, (_, i) =>
      this.child(`transformer.layer.${i}`, new DistilBertLayer(config)),
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
