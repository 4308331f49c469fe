// Access tokens of a run: never in what is stored, and there when it pushes.

import { expect, it } from 'vitest';
import type { RunSetup } from '#protocol/messages.ts';
import { parseTrainingArguments } from '#protocol/training-arguments.ts';
import { connectionFor, withoutTokens } from '#worker/run-arguments.ts';

const read = (given: Record<string, unknown>) => {
  const parsed = parseTrainingArguments(given);
  if (!parsed.ok) throw new Error(parsed.issues[0]!.message);
  return parsed.args;
};
const typed = { endpoint: 'http://hub', token: 'hf_typed' };

it('what is stored of a setup holds no token, under its present name or the former one', () => {
  const trainingArguments = { seed: 7, hub_token: 'hf_secret', push_to_hub_token: 'hf_secret' };
  expect(withoutTokens({ trainingArguments } as unknown as RunSetup)).toEqual({ trainingArguments: { seed: 7 } });
});

it('a run that pushes takes the token of its arguments, else the one that was typed', () => {
  expect(connectionFor(read({}), typed)).toBeNull();
  expect(connectionFor(read({ push_to_hub: true }), typed)).toEqual(typed);
  expect(connectionFor(read({ push_to_hub: true, hub_token: '<HUB_TOKEN>' }), typed)).toEqual(typed);
  expect(connectionFor(read({ push_to_hub: true, hub_token: 'hf_given' }))).toEqual({
    endpoint: 'https://huggingface.co',
    token: 'hf_given',
  });
});

it('without one it is refused, with the page where tokens are made', () => {
  const refused = () => connectionFor(read({ push_to_hub: true }), { ...typed, token: null });
  expect(refused).toThrow(expect.objectContaining({ code: 'E-HUB-ACCESS', safe: 'Nothing was started.' }));
  expect(refused).toThrow(expect.objectContaining({ hint: expect.stringContaining('http://hub/settings/tokens') }));
});
