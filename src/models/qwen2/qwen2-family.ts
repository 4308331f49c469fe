// Qwen2 and Qwen2.5 (Qwen Team, 2024).

import { defineDecoderFamily } from '../decoder/decoder-family.ts';
import { readQwen2Config } from './qwen2-config.ts';

export const qwen2 = defineDecoderFamily({
  modelType: 'qwen2',
  readConfig: readQwen2Config,
  causalLm: 'Qwen2ForCausalLM',
  sequenceClassification: 'Qwen2ForSequenceClassification',
  tokenClassification: 'Qwen2ForTokenClassification',
});
