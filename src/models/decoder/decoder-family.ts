// The heads that families of decoders share, as transformers' …ForCausalLM, …ForSequenceClassification and
// …ForTokenClassification.

import { Linear } from '#nn/linear.ts';
import { defineFamily, type ModelFamily } from '../model-family.ts';
import type { JsonObject } from '../pretrained-config.ts';
import { lastTokenHead, tokenHead, vocabularyLayers } from '../shared-heads.ts';
import type { HeadedLayers } from '../task-model.ts';
import type { DecoderConfig } from './decoder-config.ts';
import { DecoderModel } from './decoder-model.ts';

export interface DecoderFamilySpec {
  readonly modelType: string;
  readonly readConfig: (json: JsonObject) => DecoderConfig;
  /** HF's names of the classes with these heads; null: there is none. */
  readonly causalLm: string;
  readonly sequenceClassification: string;
  readonly tokenClassification: string | null;
}

/** The embedding is the head's weight too, or the head has one of its own. */
function causalLm(config: DecoderConfig): HeadedLayers {
  const model = new DecoderModel(config);
  const head = config.tiedHead ? null : new Linear(config.hiddenSize, config.vocabSize, { bias: false });
  return vocabularyLayers({ model, ...(head ? { lm_head: head } : {}) }, (inputs, context) => ({
    hidden: model.forward(inputs, context),
    weight: head?.weight ?? model.tokens.weight,
    bias: null,
    cap: config.logitSoftcap,
    lora: head?.lora ?? null,
  }));
}

/** As GenericForSequenceClassification. */
function sequenceClassification(config: DecoderConfig, labels: number): HeadedLayers {
  const score = new Linear(config.hiddenSize, labels, { bias: false });
  return lastTokenHead(['model', new DecoderModel(config)], ['score', score], config);
}

/** As GenericForTokenClassification. */
function tokenClassification(config: DecoderConfig, labels: number): HeadedLayers {
  const score = new Linear(config.hiddenSize, labels);
  return tokenHead(['model', new DecoderModel(config)], ['score', score], config.classifierDropout);
}

export const defineDecoderFamily = (spec: DecoderFamilySpec): ModelFamily =>
  defineFamily({
    modelType: spec.modelType,
    basePrefix: 'model.',
    readConfig: spec.readConfig,
    heads: {
      'text-generation': { architecture: spec.causalLm, build: causalLm },
      'text-classification': { architecture: spec.sequenceClassification, build: sequenceClassification },
      ...(spec.tokenClassification
        ? { 'token-classification': { architecture: spec.tokenClassification, build: tokenClassification } }
        : {}),
    },
  });
