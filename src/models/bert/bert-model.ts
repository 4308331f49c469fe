// BERT's encoder (Devlin et al., 2019) with the layers and weight names of transformers' BertModel.

import type { Tensor } from '@tensorflow/tfjs';
import { activation } from '#kernels/activation/activation.ts';
import { attention } from '#kernels/attention/attention.ts';
import { takeDropout } from '#kernels/dropout/dropout.ts';
import { selectToken } from '#kernels/select-token/select-token.ts';
import type { Embedding } from '#nn/embedding.ts';
import type { ForwardContext } from '#nn/forward-context.ts';
import { LayerNorm } from '#nn/layer-norm.ts';
import { feedForward, forwardTogether, Linear } from '#nn/linear.ts';
import { Module } from '#nn/module.ts';
import type { TextInputs } from '../text-inputs.ts';
import type { BertConfig } from './bert-config.ts';

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
  readonly #layers: readonly BertLayer[];
  readonly #pooler: BertPooler | null;

  /** @param hasPooler whether the first token is mapped once more, to stand for the whole text. */
  constructor(config: BertConfig, embeddings: WordEmbeddings, hasPooler: boolean) {
    super();
    this.#embeddings = this.child('embeddings', embeddings);
    this.#layers = Array.from({ length: config.numHiddenLayers }, (_, i) =>
      this.child(`encoder.layer.${i}`, new BertLayer(config)),
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
