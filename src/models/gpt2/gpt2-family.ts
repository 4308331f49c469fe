// GPT-2 with the heads of transformers' GPT2LMHeadModel, whose weight is the token embedding, GPT2ForSequenceClassification
// and GPT2ForTokenClassification.

import { Linear } from '#nn/linear.ts';
import { defineFamily } from '../model-family.ts';
import { lastTokenHead, tokenHead, vocabularyLayers } from '../shared-heads.ts';
import type { HeadedLayers } from '../task-model.ts';
import { type Gpt2Config, readGpt2Config } from './gpt2-config.ts';
import { Gpt2Model } from './gpt2-model.ts';

function causalLm(config: Gpt2Config): HeadedLayers {
  const transformer = new Gpt2Model(config);
  return vocabularyLayers({ transformer }, (inputs, context) => ({
    hidden: transformer.forward(inputs, context),
    weight: transformer.tokens.weight,
    bias: null,
    cap: 0,
    lora: null,
  }));
}

function sequenceClassification(config: Gpt2Config, labels: number): HeadedLayers {
  const score = new Linear(config.hiddenSize, labels, { bias: false });
  return lastTokenHead(['transformer', new Gpt2Model(config)], ['score', score], config);
}

function tokenClassification(config: Gpt2Config, labels: number): HeadedLayers {
  const classifier = new Linear(config.hiddenSize, labels);
  return tokenHead(['transformer', new Gpt2Model(config)], ['classifier', classifier], config.classifierDropout);
}

export const gpt2 = defineFamily({
  modelType: 'gpt2',
  basePrefix: 'transformer.',
  readConfig: readGpt2Config,
  heads: {
    'text-generation': { architecture: 'GPT2LMHeadModel', build: causalLm },
    'text-classification': { architecture: 'GPT2ForSequenceClassification', build: sequenceClassification },
    'token-classification': { architecture: 'GPT2ForTokenClassification', build: tokenClassification },
  },
});
