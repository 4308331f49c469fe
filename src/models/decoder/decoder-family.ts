// The heads that families of decoders share, as transformers' …ForCausalLM, …ForSequenceClassification and
// …ForTokenClassification.

import type { Tensor } from '@tensorflow/tfjs';
import { linear } from '#kernels/linear/linear.ts';
import { softCap } from '#kernels/soft-cap/soft-cap.ts';
import { Linear } from '#nn/linear.ts';
import { defineFamily, type ModelFamily } from '../model-family.ts';
import type { JsonObject } from '../pretrained-config.ts';
import { lastTokenHead, tokenHead } from '../shared-heads.ts';
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
  const limited = (logits: Tensor): Tensor => (config.logitSoftcap > 0 ? softCap(logits, config.logitSoftcap) : logits);
  if (config.tiedHead) {
    return {
      modules: { model },
      logits: (inputs, context) => {
        const hidden = model.forward(inputs, context);
        return limited(linear(context.operand(hidden), context.weight(model.tokens.weight), null));
      },
    };
  }
  const head = new Linear(config.hiddenSize, config.vocabSize, { bias: false });
  return {
    modules: { model, lm_head: head },
    logits: (inputs, context) => limited(head.forward(model.forward(inputs, context), context)),
  };
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
