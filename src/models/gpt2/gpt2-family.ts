// GPT-2 with a language-modelling head that shares its weight with the token embedding, as transformers' GPT2LMHeadModel.

import { linear } from '#kernels/linear/linear.ts';
import { defineFamily } from '../model-family.ts';
import type { HeadedLayers } from '../task-model.ts';
import { type Gpt2Config, readGpt2Config } from './gpt2-config.ts';
import { Gpt2Model } from './gpt2-model.ts';

function causalLm(config: Gpt2Config): HeadedLayers {
  const transformer = new Gpt2Model(config);
  return {
    modules: { transformer },
    logits: (inputs, context) => {
      const hidden = transformer.forward(inputs, context);
      return linear(context.operand(hidden), context.weight(transformer.tokens.weight), null);
    },
  };
}

export const gpt2 = defineFamily({
  modelType: 'gpt2',
  basePrefix: 'transformer.',
  readConfig: readGpt2Config,
  heads: { 'text-generation': { architecture: 'GPT2LMHeadModel', build: causalLm } },
});
