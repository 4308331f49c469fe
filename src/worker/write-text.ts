// Lets a model write on from a prompt, and tells the text as it grows.

import { type GenerativeModel, generate } from '#models/generation/generate.ts';
import type { GenerationSettings } from '#protocol/messages.ts';
import type { PreTrainedTokenizer } from '#tokenizers/auto-tokenizer.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';

export interface GenerationRequest {
  readonly prompt: string;
  /** The prompt is what the user says in a chat. */
  readonly isChat: boolean;
  readonly settings: GenerationSettings;
}

/**
 * @param onText told the text so far; answers false to stop.
 * @throws StudioError E-ARGS for a prompt that leaves no room, E-TOKENIZER for a chat without a template.
 */
export async function writeText(
  model: GenerativeModel,
  tokenizer: PreTrainedTokenizer,
  { prompt, isChat, settings }: GenerationRequest,
  onText: (text: string) => boolean,
): Promise<{ text: string; tokens: number }> {
  const ids = promptIds(tokenizer, prompt, isChat);
  if (ids.length === 0 || ids.length >= model.shape.maxPositions) throw badPrompt(ids.length, model.shape.maxPositions);
  const tokens: number[] = [];
  let text = '';
  const options = {
    ...settings,
    doSample: settings.temperature !== null,
    temperature: settings.temperature ?? 1,
    stopIds: new Set(tokenizer.eosTokenId === null ? [] : [tokenizer.eosTokenId]),
  };
  for await (const token of generate(model, ids, options)) {
    tokens.push(token);
    text = tokenizer.decode(tokens);
    if (!onText(text)) break;
  }
  return { text, tokens: tokens.length };
}

/** A chat's template writes its special tokens itself; a plain prompt is not ended, since it is to go on. */
function promptIds(tokenizer: PreTrainedTokenizer, prompt: string, isChat: boolean): readonly number[] {
  const text = isChat ? tokenizer.chatPrompt([{ role: 'user', content: prompt }]) : prompt;
  return tokenizer.encodeParts([{ text, counts: true }], !isChat).ids;
}

function badPrompt(length: number, limit: number): StudioError {
  return length === 0
    ? new StudioError('E-ARGS', msg`The prompt is empty.`, { hint: msg`Write the beginning of a text.` })
    : new StudioError('E-ARGS', msg`The prompt has ${length} tokens; this model reads at most ${limit}.`, {
        hint: msg`Shorten the prompt.`,
      });
}
