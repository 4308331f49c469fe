// DistilBERT with transformers' heads.

import { activation } from '#kernels/activation/activation.ts';
import { dropout } from '#kernels/dropout/dropout.ts';
import { LayerNorm } from '#nn/layer-norm.ts';
import { Linear } from '#nn/linear.ts';
import { firstToken } from '../bert/bert-model.ts';
import { defineFamily } from '../model-family.ts';
import { tokenHead, vocabularyLayers } from '../shared-heads.ts';
import type { HeadedLayers } from '../task-model.ts';
import { refuseUntied, TiedDecoder } from '../tied-decoder.ts';
import { type DistilBertConfig, LAYER_NORM_EPS, readDistilBertConfig } from './distilbert-config.ts';
import { DistilBertModel } from './distilbert-model.ts';

function sequenceClassification(config: DistilBertConfig, labels: number): HeadedLayers {
  const distilbert = new DistilBertModel(config);
  const dense = new Linear(config.hiddenSize, config.hiddenSize);
  const classifier = new Linear(config.hiddenSize, labels);
  return {
    modules: { distilbert, pre_classifier: dense, classifier },
    logits: (inputs, context) => {
      const first = firstToken(distilbert.forward(inputs, context), context);
      const mapped = activation(dense.forward(first, context), 'relu');
      return classifier.forward(dropout(mapped, config.classifierDropout, context.dropoutKey), context);
    },
  };
}

function tokenClassification(config: DistilBertConfig, labels: number): HeadedLayers {
  const classifier = new Linear(config.hiddenSize, labels);
  return tokenHead(['distilbert', new DistilBertModel(config)], ['classifier', classifier], config.dropout);
}

function questionAnswering(config: DistilBertConfig): HeadedLayers {
  const outputs = new Linear(config.hiddenSize, 2);
  return tokenHead(['distilbert', new DistilBertModel(config)], ['qa_outputs', outputs], config.answerDropout);
}

function maskedLm(config: DistilBertConfig): HeadedLayers {
  refuseUntied(config);
  const { hiddenSize, vocabSize } = config;
  const distilbert = new DistilBertModel(config);
  const dense = new Linear(hiddenSize, hiddenSize);
  const norm = new LayerNorm(hiddenSize, LAYER_NORM_EPS);
  const decoder = new TiedDecoder(distilbert.words, vocabSize);
  const modules = { distilbert, vocab_transform: dense, vocab_layer_norm: norm, vocab_projector: decoder };
  return vocabularyLayers(modules, (inputs, context) => {
    const hidden = distilbert.forward(inputs, context);
    const transformed = activation(dense.forward(hidden, context), config.activation);
    return decoder.forward(norm.forward(transformed, context));
  });
}

export const distilbert = defineFamily({
  modelType: 'distilbert',
  basePrefix: 'distilbert.',
  readConfig: readDistilBertConfig,
  heads: {
    'text-classification': { architecture: 'DistilBertForSequenceClassification', build: sequenceClassification },
    'token-classification': { architecture: 'DistilBertForTokenClassification', build: tokenClassification },
    'question-answering': { architecture: 'DistilBertForQuestionAnswering', build: questionAnswering },
    'fill-mask': { architecture: 'DistilBertForMaskedLM', build: maskedLm },
  },
});
