// Arguments that may change while a run trains. Each acts between two steps; what was done stays done.

import { msg } from '#util/msg.ts';
import type { ArgumentIssue } from './argument-spec.ts';
import type { TrainingArguments } from './training-arguments.ts';
import { parseTrainingArguments } from './training-arguments.ts';

/** By HF's names; the patience is that of its EarlyStoppingCallback. */
export const HOT_ARGUMENTS = [
  'learning_rate',
  'max_grad_norm',
  'logging_steps',
  'eval_steps',
  'save_steps',
  'early_stopping_patience',
] as const;

export type HotArgument = (typeof HOT_ARGUMENTS)[number];

export const isHotArgument = (name: string): name is HotArgument => (HOT_ARGUMENTS as readonly string[]).includes(name);

export type HotChanges =
  | { readonly ok: true; readonly args: TrainingArguments; readonly patience: number | null }
  | { readonly ok: false; readonly issue: ArgumentIssue };

/**
 * @param raw the arguments of the run so far, by HF's names. @param changes only names of `HOT_ARGUMENTS`.
 * @returns all arguments as they are from here on; the patience is null where it stays.
 */
export function readHotChanges(
  raw: Readonly<Record<string, unknown>>,
  { early_stopping_patience: patience = null, ...changes }: Readonly<Record<string, unknown>>,
): HotChanges {
  if (patience !== null && (!Number.isInteger(patience) || Number(patience) < 1))
    return { ok: false, issue: patienceIssue(patience) };
  const parsed = parseTrainingArguments({ ...raw, ...changes });
  if (!parsed.ok) return { ok: false, issue: parsed.issues.find(({ level }) => level === 'error')! };
  return { ok: true, args: parsed.args, patience: patience === null ? null : Number(patience) };
}

const patienceIssue = (given: unknown): ArgumentIssue => ({
  name: 'early_stopping_patience',
  level: 'error',
  message: msg`early_stopping_patience is ${String(given)}, but must be a whole number of at least 1.`,
});
