// Llama (Touvron et al., 2023), and what is built like it: SmolLM2, TinyLlama.

import { defineDecoderFamily } from '../decoder/decoder-family.ts';
import { readLlamaConfig } from './llama-config.ts';

export const llama = defineDecoderFamily({
  modelType: 'llama',
  readConfig: readLlamaConfig,
  causalLm: 'LlamaForCausalLM',
  sequenceClassification: 'LlamaForSequenceClassification',
  tokenClassification: 'LlamaForTokenClassification',
});
