// BERT's encoder (Devlin et al., 2019) with the layers and weight names of transformers' BertModel.

import type { Tensor } from '@tensorflow/tfjs';
import { activation } from '#kernels/activation/activation.ts';
import { attention } from '#kernels/attention/attention.ts';
import { dropout, takeDropout } from '#kernels/dropout/dropout.ts';
import { firstToken } from '#kernels/first-token/first-token.ts';
import { Embedding, embed } from '#nn/embedding.ts';
import type { ForwardContext } from '#nn/forward-context.ts';
import { LayerNorm } from '#nn/layer-norm.ts';
import { feedForward, forwardTogether, Linear } from '#nn/linear.ts';
import { Module } from '#nn/module.ts';
import type { Batch } from '#util/nd-array.ts';
import type { BertConfig } from './bert-config.ts';

/** How the inputs of a batch are read from it: row-major ids [B, S]. */
export interface BertInputs {
  readonly batchSize: number;
  readonly length: number;
  readonly inputIds: (batch: Batch) => Int32Array;
  /** Segment of each token. */
  readonly tokenTypeIds: (batch: Batch) => Int32Array;
  /** int32 [B, S]: 1 where there is a token, 0 where there is padding. */
  readonly attentionMask: (batch: Batch) => Int32Array;
}

class BertEmbeddings extends Module {
  readonly #words: Embedding;
  readonly #positions: Embedding;
  readonly #types: Embedding;
  readonly #norm: LayerNorm;
  readonly #dropout: number;

  constructor(config: BertConfig) {
    super();
    this.#words = this.child('word_embeddings', new Embedding(config.vocabSize, config.hiddenSize));
    this.#positions = this.child('position_embeddings', new Embedding(config.maxPositions, config.hiddenSize));
    this.#types = this.child('token_type_embeddings', new Embedding(config.typeVocabSize, config.hiddenSize));
    this.#norm = this.child('LayerNorm', new LayerNorm(config.hiddenSize, config.layerNormEps));
    this.#dropout = config.hiddenDropout;
  }

  /** → [B, S, D] */
  forward({ batchSize, length, inputIds, tokenTypeIds }: BertInputs, context: ForwardContext): Tensor {
    const shape = [batchSize, length];
    const positions = (): Int32Array => Int32Array.from({ length: batchSize * length }, (_, i) => i % length);
    const summed = embed([
      { table: this.#words, tokens: context.tokenIds(inputIds, shape) },
      { table: this.#positions, tokens: context.tokenIds(positions, shape) },
      { table: this.#types, tokens: context.tokenIds(tokenTypeIds, shape) },
    ]);
    return dropout(this.#norm.forward(summed, context), this.#dropout, context.dropoutKey);
  }
}

class BertLayer extends Module {
  readonly #query: Linear;
  readonly #key: Linear;
  readonly #value: Linear;
  readonly #attentionOutput: Linear;
  readonly #attentionNorm: LayerNorm;
  readonly #intermediate: Linear;
  readonly #output: Linear;
  readonly #outputNorm: LayerNorm;
  readonly #config: BertConfig;

  constructor(config: BertConfig) {
    super();
    const { hiddenSize: d, intermediateSize } = config;
    this.#query = this.child('attention.self.query', new Linear(d, d));
    this.#key = this.child('attention.self.key', new Linear(d, d));
    this.#value = this.child('attention.self.value', new Linear(d, d));
    this.#attentionOutput = this.child('attention.output.dense', new Linear(d, d));
    this.#attentionNorm = this.child('attention.output.LayerNorm', new LayerNorm(d, config.layerNormEps));
    this.#intermediate = this.child('intermediate.dense', new Linear(d, intermediateSize));
    this.#output = this.child('output.dense', new Linear(intermediateSize, d));
    this.#outputNorm = this.child('output.LayerNorm', new LayerNorm(d, config.layerNormEps));
    this.#config = config;
  }

  /** hidden [B, S, D] → [B, S, D] */
  forward(hidden: Tensor, mask: Tensor, context: ForwardContext): Tensor {
    const { hiddenDropout, hiddenAct, numAttentionHeads, attentionDropout } = this.#config;
    const { dropoutKey } = context;
    const qkv = forwardTogether([this.#query, this.#key, this.#value], hidden, context);
    const attended = attention(qkv, mask, { heads: numAttentionHeads, dropout: attentionDropout, dropoutKey });
    const summed = this.#attentionOutput.forward(attended, context, {
      residual: hidden,
      dropout: takeDropout(hiddenDropout, dropoutKey),
    });
    const middle = this.#attentionNorm.forward(summed, context);
    const narrow = feedForward(this.#intermediate, this.#output, middle, context, {
      activation: hiddenAct,
      residual: middle,
      dropout: takeDropout(hiddenDropout, dropoutKey),
    });
    return this.#outputNorm.forward(narrow, context);
  }
}

class BertPooler extends Module {
  readonly #dense: Linear;

  constructor(config: BertConfig) {
    super();
    this.#dense = this.child('dense', new Linear(config.hiddenSize, config.hiddenSize));
  }

  /** The first token's state [B, D], mapped and squashed. */
  forward(hidden: Tensor, context: ForwardContext): Tensor {
    return activation(this.#dense.forward(firstToken(hidden), context), 'tanh');
  }
}

export class BertModel extends Module {
  readonly #embeddings: BertEmbeddings;
  readonly #layers: readonly BertLayer[];
  readonly #pooler: BertPooler;

  constructor(config: BertConfig) {
    super();
    this.#embeddings = this.child('embeddings', new BertEmbeddings(config));
    this.#layers = Array.from({ length: config.numHiddenLayers }, (_, i) =>
      this.child(`encoder.layer.${i}`, new BertLayer(config)),
    );
    this.#pooler = this.child('pooler', new BertPooler(config));
  }

  /** → the pooled first token [B, D]. */
  forward(inputs: BertInputs, context: ForwardContext): Tensor {
    const mask = context.feed(({ batch }) => inputs.attentionMask(batch), [inputs.batchSize, inputs.length]);
    let hidden = this.#embeddings.forward(inputs, context);
    for (const layer of this.#layers) hidden = context.layer(hidden, (x) => layer.forward(x, mask, context));
    return this.#pooler.forward(hidden, context);
  }
}
