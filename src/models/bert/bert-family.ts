// BERT with transformers' heads: BertForSequenceClassification, …ForTokenClassification, …ForQuestionAnswering, …ForMaskedLM.

import { dropout } from '#kernels/dropout/dropout.ts';
import { Linear } from '#nn/linear.ts';
import { defineFamily } from '../model-family.ts';
import { tokenHead, vocabularyLayers } from '../shared-heads.ts';
import type { HeadedLayers } from '../task-model.ts';
import { refuseUntied } from '../tied-decoder.ts';
import { type BertConfig, readBertConfig } from './bert-config.ts';
import { BertEmbeddings } from './bert-embeddings.ts';
import { BertLmHead } from './bert-lm-head.ts';
import { BertModel } from './bert-model.ts';

function sequenceClassification(config: BertConfig, labels: number): HeadedLayers {
  const bert = new BertModel(config, new BertEmbeddings(config), true);
  const classifier = new Linear(config.hiddenSize, labels);
  return {
    modules: { bert, classifier },
    logits: (inputs, context) => {
      const pooled = bert.pool(bert.forward(inputs, context), context);
      return classifier.forward(dropout(pooled, config.classifierDropout, context.dropoutKey), context);
    },
  };
}

function tokenClassification(config: BertConfig, labels: number): HeadedLayers {
  const bert = new BertModel(config, new BertEmbeddings(config), false);
  const classifier = new Linear(config.hiddenSize, labels);
  return tokenHead(['bert', bert], ['classifier', classifier], config.classifierDropout);
}

function questionAnswering(config: BertConfig): HeadedLayers {
  const bert = new BertModel(config, new BertEmbeddings(config), false);
  return tokenHead(['bert', bert], ['qa_outputs', new Linear(config.hiddenSize, 2)], 0);
}

function maskedLm(config: BertConfig): HeadedLayers {
  refuseUntied(config);
  const bert = new BertModel(config, new BertEmbeddings(config), false);
  const head = new BertLmHead(config, bert.words);
  return vocabularyLayers({ bert, 'cls.predictions': head }, (inputs, context) =>
    head.forward(bert.forward(inputs, context), context),
  );
}

export const bert = defineFamily({
  modelType: 'bert',
  basePrefix: 'bert.',
  readConfig: readBertConfig,
  heads: {
    'text-classification': { architecture: 'BertForSequenceClassification', build: sequenceClassification },
    'token-classification': { architecture: 'BertForTokenClassification', build: tokenClassification },
    'question-answering': { architecture: 'BertForQuestionAnswering', build: questionAnswering },
    'fill-mask': { architecture: 'BertForMaskedLM', build: maskedLm },
  },
});
