// RoBERTa and XLM-RoBERTa, which differ in their tokenizers alone, with transformers' heads.

import { dropout } from '#kernels/dropout/dropout.ts';
import { Linear } from '#nn/linear.ts';
import { BertModel } from '../bert/bert-model.ts';
import { defineFamily, type ModelFamily } from '../model-family.ts';
import type { HeadedLayers } from '../task-model.ts';
import { type RobertaConfig, readRobertaConfig } from './roberta-config.ts';
import { RobertaEmbeddings } from './roberta-embeddings.ts';
import { RobertaClassificationHead, RobertaLmHead } from './roberta-heads.ts';

const baseModel = (config: RobertaConfig): BertModel => new BertModel(config, new RobertaEmbeddings(config), false);

function sequenceClassification(config: RobertaConfig, labels: number): HeadedLayers {
  const roberta = baseModel(config);
  const classifier = new RobertaClassificationHead(config, labels);
  return {
    modules: { roberta, classifier },
    logits: (inputs, context) => classifier.forward(roberta.forward(inputs, context), context),
  };
}

function tokenClassification(config: RobertaConfig, labels: number): HeadedLayers {
  const roberta = baseModel(config);
  const classifier = new Linear(config.hiddenSize, labels);
  return {
    modules: { roberta, classifier },
    logits: (inputs, context) => {
      const hidden = roberta.forward(inputs, context);
      return classifier.forward(dropout(hidden, config.classifierDropout, context.dropoutKey), context);
    },
  };
}

function questionAnswering(config: RobertaConfig): HeadedLayers {
  const roberta = baseModel(config);
  const outputs = new Linear(config.hiddenSize, 2);
  return {
    modules: { roberta, qa_outputs: outputs },
    logits: (inputs, context) => outputs.forward(roberta.forward(inputs, context), context),
  };
}

function maskedLm(config: RobertaConfig): HeadedLayers {
  const roberta = baseModel(config);
  const head = new RobertaLmHead(config, roberta.words);
  return {
    modules: { roberta, lm_head: head },
    logits: (inputs, context) => head.forward(roberta.forward(inputs, context), context),
  };
}

const family = (modelType: string, className: string): ModelFamily =>
  defineFamily({
    modelType,
    basePrefix: 'roberta.',
    readConfig: readRobertaConfig,
    heads: {
      'text-classification': { architecture: `${className}ForSequenceClassification`, build: sequenceClassification },
      'token-classification': { architecture: `${className}ForTokenClassification`, build: tokenClassification },
      'question-answering': { architecture: `${className}ForQuestionAnswering`, build: questionAnswering },
      'fill-mask': { architecture: `${className}ForMaskedLM`, build: maskedLm },
    },
  });

export const roberta = family('roberta', 'Roberta');
export const xlmRoberta = family('xlm-roberta', 'XLMRoberta');
