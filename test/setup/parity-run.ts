// The same run here and in HF's Trainer, on the data of the trajectory fixture, for the parity lane.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { fixtureFolder } from './fixtures.ts';
import { runCommand, runPython } from './run-command.ts';
import { twoAtATime } from './two-at-a-time.ts';

/** An entry of the log history. */
export type Entry = Record<string, number>;

const data = fixtureFolder('trajectory');

/** The runner with these arguments; its checkpoints lie in `folder`. */
export async function trainHere(folder: string, args: object, resumeFrom: string | null = null): Promise<Entry[]> {
  const config = {
    model: join(data, 'model'),
    train_file: join(data, 'train.csv'),
    validation_file: join(data, 'validation.csv'),
    text_column: 'text',
    label_column: 'label',
    max_length: 16,
    training_arguments: args,
  };
  await writeFile(`${folder}.json`, JSON.stringify(config));
  const runner = join(import.meta.dirname, '../../src/headless/train.mjs');
  const resume = resumeFrom === null ? [] : ['--resume-from-checkpoint', resumeFrom];
  const where = ['--config', `${folder}.json`, '--output-dir', folder];
  const lines = await runCommand(process.execPath, [runner, ...where, ...resume]);
  return lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Entry);
}

interface Job {
  readonly arguments: object;
  readonly resume_from: string | null;
}

const SCRIPT = join(import.meta.dirname, '../parity/train_jobs.py');

/** Runs in HF's Trainer, half of them in each of two processes. @returns their logs. */
export async function trainInPython(jobs: readonly Job[]): Promise<Entry[][]> {
  const middle = Math.ceil(jobs.length / 2);
  const halves = [jobs.slice(0, middle), jobs.slice(middle)].filter((half) => half.length > 0);
  const printed = await twoAtATime(halves, (half) => runPython(SCRIPT, { data, jobs: half }));
  return (printed as { readonly logs: Entry[][] }[]).flatMap(({ logs }) => logs);
}

/** What `torch.load` finds in each of the files. */
export async function openInPython(files: readonly string[]): Promise<Record<string, object>> {
  const printed = await runPython(SCRIPT, { data, jobs: [], files });
  return (printed as { readonly files: Record<string, object> }).files;
}

/** Entries with a key after some step, side by side: equal steps, values within a relative tolerance. */
export function expectClose(
  ours: readonly Entry[],
  theirs: readonly Entry[],
  { key, tolerance, after = 0 }: { readonly key: string; readonly tolerance: number; readonly after?: number },
): void {
  const there = theirs.filter((entry) => key in entry && entry['step']! > after);
  const here = ours.filter((entry) => key in entry && entry['step']! > after);
  expect(here.map(({ step }) => step)).toEqual(there.map(({ step }) => step));
  for (const [i, entry] of here.entries()) {
    const [a, b] = [entry[key]!, there[i]![key]!];
    const error = Math.abs(a - b) / Math.max(Math.abs(b), 1e-12);
    expect(error, `${key} at step ${entry['step']}: ${a} against ${b}`).toBeLessThan(tolerance);
  }
}
