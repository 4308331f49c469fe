// The same run here and in HF's Trainer, on the data of the trajectory fixture, for the parity lane.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { fixtureFolder } from './fixtures.ts';
import { runCommand, runPython } from './run-command.ts';

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

/** Several runs of HF's Trainer; `files` are described as `torch.load` opens them. */
export async function trainInPython(jobs: readonly Job[], files: readonly string[] = []) {
  const script = join(import.meta.dirname, '../parity/train_jobs.py');
  return (await runPython(script, { data, jobs, files })) as { logs: Entry[][]; files: Record<string, object> };
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
