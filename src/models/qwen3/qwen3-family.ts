// Qwen3 (Qwen Team, 2025).

import { defineDecoderFamily } from '../decoder/decoder-family.ts';
import { readQwen3Config } from './qwen3-config.ts';

export const qwen3 = defineDecoderFamily({
  modelType: 'qwen3',
  readConfig: readQwen3Config,
  causalLm: 'Qwen3ForCausalLM',
  sequenceClassification: 'Qwen3ForSequenceClassification',
  tokenClassification: 'Qwen3ForTokenClassification',
});
