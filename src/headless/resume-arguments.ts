// With which arguments a run goes on from a checkpoint: those of run.json, or those that the checkpoint was made with.

import { argumentDifferences, describeDifferences } from '#protocol/argument-differences.ts';
import { parseTrainingArguments } from '#protocol/training-arguments.ts';
import type { StoredCheckpoint } from '#storage/checkpoint-store.ts';
import { parseHfJson } from '#util/hf-json.ts';
import { StudioError } from '#util/studio-error.ts';
import type { RunConfig } from './run-config.ts';

const FILE = 'training_args.json';

/** `override`: run.json counts. `keep`: the checkpoint's arguments count. */
export const RESUME_CHOICES = ['override', 'keep'] as const;
export type ResumeChoice = (typeof RESUME_CHOICES)[number];

type Given = Pick<RunConfig, 'args' | 'rawArguments'>;

/**
 * @param say told what differs. @returns the arguments that count.
 * @throws StudioError E-CHECKPOINT when they are to be kept and the checkpoint does not tell them.
 */
export async function resumeArguments(
  choice: ResumeChoice,
  stored: StoredCheckpoint,
  given: Given,
  say: (line: string) => void,
): Promise<Given> {
  const saved = await savedArguments(stored);
  if (!saved && choice === 'keep') throw unknownArguments(stored);
  const differences = saved ? describeDifferences(argumentDifferences(saved.args, given.args)) : '';
  if (!saved || differences === '') return given;
  if (choice === 'keep') {
    say(`note: the arguments of ${stored.manifest.name} are kept. run.json has others: ${differences}`);
    return saved;
  }
  say(`warning: run.json counts where it differs from ${stored.manifest.name}: ${differences}`);
  say('To go on with the arguments of the checkpoint: --resume-arguments keep');
  return given;
}

/** Null: a checkpoint of HF's, which keeps them in a pickle. */
async function savedArguments(stored: StoredCheckpoint): Promise<Given | null> {
  if (!stored.manifest.files.includes(FILE)) return null;
  const json = parseHfJson(await stored.readFile(FILE), FILE, 'E-CHECKPOINT') as Record<string, unknown>;
  const parsed = parseTrainingArguments(json);
  return parsed.ok ? { args: parsed.args, rawArguments: parsed.raw } : null;
}

const unknownArguments = ({ manifest }: StoredCheckpoint): StudioError =>
  new StudioError('E-CHECKPOINT', `The checkpoint ${manifest.name} does not tell its arguments.`, {
    where: FILE,
    hint: "Leave --resume-arguments out and give them in run.json. HF's Trainer keeps them in a pickle, which is not read.",
    safe: 'Nothing was started.',
  });
