// Every family of models that can be trained.

import { bert } from './bert/bert-family.ts';
import { distilbert } from './distilbert/distilbert-family.ts';
import { gemma3 } from './gemma3/gemma3-family.ts';
import { gpt2 } from './gpt2/gpt2-family.ts';
import { llama } from './llama/llama-family.ts';
import type { ModelFamily } from './model-family.ts';
import { modernbert } from './modernbert/modernbert-family.ts';
import { qwen2 } from './qwen2/qwen2-family.ts';
import { qwen3 } from './qwen3/qwen3-family.ts';
import { roberta, xlmRoberta } from './roberta/roberta-family.ts';

export const FAMILIES: readonly ModelFamily[] = [
  bert,
  distilbert,
  roberta,
  xlmRoberta,
  modernbert,
  gpt2,
  llama,
  qwen2,
  qwen3,
  gemma3,
];
