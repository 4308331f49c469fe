// The arguments of a run of the studio, and what becomes of them when it goes on with others.

import { argumentDifferences, describeDifferences } from '#protocol/argument-differences.ts';
import { HUB_ENDPOINT, type HubConnection } from '#protocol/hub-messages.ts';
import type { RunSetup } from '#protocol/messages.ts';
import { parseTrainingArguments, type TrainingArguments } from '#protocol/training-arguments.ts';
import type { RunRecord } from '#storage/schema.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';

/** @throws StudioError E-ARGS for the first fault. */
export function parsedArguments({ trainingArguments }: Pick<RunSetup, 'trainingArguments'>) {
  const result = parseTrainingArguments(trainingArguments);
  if (result.ok) return result;
  const first = result.issues.find(({ level }) => level === 'error')!;
  throw new StudioError('E-ARGS', first.message, {
    where: first.name,
    ...(first.hint ? { hint: first.hint } : {}),
    safe: msg`Nothing was started.`,
  });
}

/** The record with other arguments from here on, and a notice of them. @param changes by HF's names. */
export function withChangedArguments(record: RunRecord, changes: Readonly<Record<string, unknown>>): RunRecord {
  const setup = { ...record.setup, trainingArguments: { ...record.setup.trainingArguments, ...changes } };
  const differences = argumentDifferences(parsedArguments(record.setup).args, parsedArguments(setup).args);
  if (differences.length === 0) return record;
  const message = msg`Goes on with other arguments: ${describeDifferences(differences)}.`;
  const notice = { at: Date.now(), step: record.step, level: 'info' as const, message, kind: 'change' as const };
  return { ...record, setup, notices: [...record.notices, notice] };
}

/** The setup as it may be stored. */
export function withoutTokens(setup: RunSetup): RunSetup {
  const kept = Object.entries(setup.trainingArguments).filter(([name]) => !name.endsWith('_token'));
  return { ...setup, trainingArguments: Object.fromEntries(kept) };
}

/**
 * The Hub that a run pushes to; null: it pushes nothing.
 * @throws StudioError E-HUB-ACCESS when it pushes and there is no token.
 */
export function connectionFor(
  { pushToHub, hubToken }: Pick<TrainingArguments, 'pushToHub' | 'hubToken'>,
  { endpoint, token }: HubConnection = { endpoint: HUB_ENDPOINT, token: null },
): HubConnection | null {
  if (!pushToHub) return null;
  const found = hubToken ?? token;
  if (found !== null) return { endpoint, token: found };
  throw new StudioError('E-HUB-ACCESS', msg`push_to_hub is on, and the Hub wants an access token to push with.`, {
    where: 'push_to_hub',
    hint: msg`Make one with the role "write" at ${endpoint}/settings/tokens and give it, or turn push_to_hub off.`,
    safe: msg`Nothing was started.`,
  });
}
