// The heads that families of decoders share, as transformers' …ForCausalLM.

import { linear } from '#kernels/linear/linear.ts';
import { Linear } from '#nn/linear.ts';
import { defineFamily, type ModelFamily } from '../model-family.ts';
import type { JsonObject } from '../pretrained-config.ts';
import type { HeadedLayers } from '../task-model.ts';
import type { DecoderConfig } from './decoder-config.ts';
import { DecoderModel } from './decoder-model.ts';

export interface DecoderFamilySpec {
  readonly modelType: string;
  readonly readConfig: (json: JsonObject) => DecoderConfig;
  /** HF's name of the class with a language-modelling head. */
  readonly causalLm: string;
}

/** The embedding is the head's weight too, or the head has one of its own. */
function causalLm(config: DecoderConfig): HeadedLayers {
  const model = new DecoderModel(config);
  if (config.tiedHead) {
    return {
      modules: { model },
      logits: (inputs, context) => {
        const hidden = model.forward(inputs, context);
        return linear(context.operand(hidden), context.weight(model.tokens.weight), null);
      },
    };
  }
  const head = new Linear(config.hiddenSize, config.vocabSize, { bias: false });
  return {
    modules: { model, lm_head: head },
    logits: (inputs, context) => head.forward(model.forward(inputs, context), context),
  };
}

export const defineDecoderFamily = (spec: DecoderFamilySpec): ModelFamily =>
  defineFamily({
    modelType: spec.modelType,
    basePrefix: 'model.',
    readConfig: spec.readConfig,
    heads: { 'text-generation': { architecture: spec.causalLm, build: causalLm } },
  });
