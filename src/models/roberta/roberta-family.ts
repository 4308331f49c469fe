// RoBERTa and XLM-RoBERTa, which differ in their tokenizers and the order of their parts, with transformers' heads.

import { Linear } from '#nn/linear.ts';
import { BertModel } from '../bert/bert-model.ts';
import { defineFamily, type ModelFamily } from '../model-family.ts';
import { tokenHead, vocabularyLayers } from '../shared-heads.ts';
import type { HeadedLayers } from '../task-model.ts';
import { refuseUntied } from '../tied-decoder.ts';
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
  const classifier = new Linear(config.hiddenSize, labels);
  return tokenHead(['roberta', baseModel(config)], ['classifier', classifier], config.classifierDropout);
}

const questionAnswering = (config: RobertaConfig): HeadedLayers =>
  tokenHead(['roberta', baseModel(config)], ['qa_outputs', new Linear(config.hiddenSize, 2)], 0);

function maskedLm(config: RobertaConfig): HeadedLayers {
  refuseUntied(config);
  const roberta = baseModel(config);
  const head = new RobertaLmHead(config, roberta.words);
  return vocabularyLayers({ roberta, lm_head: head }, (inputs, context) =>
    head.forward(roberta.forward(inputs, context), context),
  );
}

type Arrange = (layers: HeadedLayers) => HeadedLayers;

/** transformers lists XLM-RoBERTa's head before its base model, and torch numbers the optimizer's state by that order. */
const headFirst: Arrange = (layers) => ({
  ...layers,
  modules: Object.fromEntries(Object.entries(layers.modules).reverse()),
});

const family = (modelType: string, className: string, arrange: Arrange): ModelFamily =>
  defineFamily<RobertaConfig>({
    modelType,
    basePrefix: 'roberta.',
    readConfig: readRobertaConfig,
    heads: {
      'text-classification': {
        architecture: `${className}ForSequenceClassification`,
        build: (config, labels) => arrange(sequenceClassification(config, labels)),
      },
      'token-classification': {
        architecture: `${className}ForTokenClassification`,
        build: (config, labels) => arrange(tokenClassification(config, labels)),
      },
      'question-answering': {
        architecture: `${className}ForQuestionAnswering`,
        build: (config) => arrange(questionAnswering(config)),
      },
      'fill-mask': { architecture: `${className}ForMaskedLM`, build: (config) => arrange(maskedLm(config)) },
    },
  });

export const roberta = family('roberta', 'Roberta', (layers) => layers);
export const xlmRoberta = family('xlm-roberta', 'XLMRoberta', headFirst);
