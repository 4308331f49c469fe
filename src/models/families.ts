// Every family of models that can be trained.

import { bert } from './bert/bert-family.ts';
import { distilbert } from './distilbert/distilbert-family.ts';
import { gpt2 } from './gpt2/gpt2-family.ts';
import type { ModelFamily } from './model-family.ts';
import { roberta, xlmRoberta } from './roberta/roberta-family.ts';

export const FAMILIES: readonly ModelFamily[] = [bert, distilbert, roberta, xlmRoberta, gpt2];
