// After each evaluation, what the model makes of a fixed prompt: a look at what it has learned so far.

import type { GenerativeModel } from '#models/generation/generate.ts';
import type { PreTrainedTokenizer } from '#tokenizers/auto-tokenizer.ts';
import type { TrainerCallback } from '#trainer/callbacks/trainer-callback.ts';
import { writeText } from './write-text.ts';

/** Greedy: the same weights write the same text. */
const SETTINGS = { maxNewTokens: 48, temperature: null, topK: 0, topP: 1, repetitionPenalty: 1, seed: 0 };

/** @param prompt '' for none. @param onSample told the prompt with what the model wrote. */
export function sampleCallback(
  model: GenerativeModel,
  tokenizer: PreTrainedTokenizer,
  prompt: string,
  onSample: (step: number, text: string) => void,
): TrainerCallback[] {
  if (prompt === '') return [];
  return [
    {
      name: 'SampleCallback',
      onEvaluate: async ({ state }) => {
        const { text } = await writeText(model, tokenizer, { prompt, isChat: false, settings: SETTINGS }, () => true);
        onSample(state.globalStep, `${prompt}${text}`);
      },
    },
  ];
}
