// ModernBERT with transformers' heads: ModernBertForSequenceClassification, …ForTokenClassification, …ForQuestionAnswering,
// …ForMaskedLM.

import type { Tensor } from '@tensorflow/tfjs';
import { activation } from '#kernels/activation/activation.ts';
import { dropout } from '#kernels/dropout/dropout.ts';
import { poolTokens } from '#kernels/pool-tokens/pool-tokens.ts';
import type { ForwardContext } from '#nn/forward-context.ts';
import type { LayerNorm } from '#nn/layer-norm.ts';
import { Linear } from '#nn/linear.ts';
import { Module } from '#nn/module.ts';
import type { Batch } from '#util/nd-array.ts';
import { firstToken } from '../bert/bert-model.ts';
import { defineFamily } from '../model-family.ts';
import { vocabularyLayers } from '../shared-heads.ts';
import type { HeadedLayers } from '../task-model.ts';
import type { TextInputs } from '../text-inputs.ts';
import { TiedDecoder } from '../tied-decoder.ts';
import { type ModernBertConfig, readModernBertConfig } from './modernbert-config.ts';
import { ModernBertModel, newNorm } from './modernbert-model.ts';

/** What all heads begin with, as ModernBertPredictionHead. */
class PredictionHead extends Module {
  readonly #dense: Linear;
  readonly #norm: LayerNorm;
  readonly #config: ModernBertConfig;

  constructor(config: ModernBertConfig) {
    super();
    const { hiddenSize: d, classifierBias: bias, initializerRange, numHiddenLayers } = config;
    const std = initializerRange / Math.sqrt(2 * numHiddenLayers);
    this.#dense = this.child('dense', new Linear(d, d, { bias, std }));
    this.#norm = this.child('norm', newNorm(config));
    this.#config = config;
  }

  /** [..., D] → [..., D] */
  forward(x: Tensor, context: ForwardContext): Tensor {
    const transformed = activation(this.#dense.forward(x, context), this.#config.classifierActivation);
    return this.#norm.forward(transformed, context);
  }
}

const newClassifier = ({ hiddenSize }: ModernBertConfig, labels: number): Linear =>
  new Linear(hiddenSize, labels, { std: hiddenSize ** -0.5 });

/** hidden [B, L, D] → [B, D]: the mean over the tokens that the mask lets see. */
function meanToken(hidden: Tensor, { batchSize, length, attentionMask }: TextInputs, context: ForwardContext): Tensor {
  const weights = (batch: Batch): Float32Array => {
    const mask = attentionMask(batch);
    const counts = Array.from({ length: batchSize }, (_, row) =>
      mask.subarray(row * length, (row + 1) * length).reduce((sum, value) => sum + value, 0),
    );
    return Float32Array.from(mask, (value, i) => value / counts[Math.floor(i / length)]!);
  };
  return poolTokens(
    hidden,
    context.feed(({ batch }) => weights(batch), [batchSize, length]),
  );
}

function sequenceClassification(config: ModernBertConfig, labels: number): HeadedLayers {
  const [model, head] = [new ModernBertModel(config), new PredictionHead(config)];
  const classifier = newClassifier(config, labels);
  return {
    modules: { model, head, classifier },
    logits: (inputs, context) => {
      const hidden = model.forward(inputs, context);
      const pooled = config.pooling === 'cls' ? firstToken(hidden, context) : meanToken(hidden, inputs, context);
      const state = dropout(head.forward(pooled, context), config.classifierDropout, context.dropoutKey);
      return classifier.forward(state, context);
    },
  };
}

function tokenClassification(config: ModernBertConfig, labels: number): HeadedLayers {
  const [model, head] = [new ModernBertModel(config), new PredictionHead(config)];
  const classifier = newClassifier(config, labels);
  return {
    modules: { model, head, classifier },
    logits: (inputs, context) => {
      const states = head.forward(model.forward(inputs, context), context);
      return classifier.forward(dropout(states, config.classifierDropout, context.dropoutKey), context);
    },
  };
}

function maskedLm(config: ModernBertConfig): HeadedLayers {
  const [model, head] = [new ModernBertModel(config), new PredictionHead(config)];
  const decoder = new TiedDecoder(model.words, config.vocabSize);
  return vocabularyLayers({ model, head, decoder }, (inputs, context) =>
    decoder.forward(head.forward(model.forward(inputs, context), context)),
  );
}

export const modernbert = defineFamily({
  modelType: 'modernbert',
  basePrefix: 'model.',
  readConfig: readModernBertConfig,
  heads: {
    'text-classification': { architecture: 'ModernBertForSequenceClassification', build: sequenceClassification },
    'token-classification': { architecture: 'ModernBertForTokenClassification', build: tokenClassification },
    'question-answering': {
      architecture: 'ModernBertForQuestionAnswering',
      build: (config) => tokenClassification(config, 2),
    },
    'fill-mask': { architecture: 'ModernBertForMaskedLM', build: maskedLm },
  },
});
