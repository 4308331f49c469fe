// Gemma 3 for text alone (Gemma Team, 2025).

import { defineDecoderFamily } from '../decoder/decoder-family.ts';
import { readGemma3Config } from './gemma3-config.ts';

export const gemma3 = defineDecoderFamily({
  modelType: 'gemma3_text',
  readConfig: readGemma3Config,
  causalLm: 'Gemma3ForCausalLM',
  sequenceClassification: 'Gemma3TextForSequenceClassification',
  tokenClassification: null,
});
