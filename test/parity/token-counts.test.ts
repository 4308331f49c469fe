// Counts of tokens in the log of a run beside HF's Trainer: the same keys in the same order, the same numbers.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Entry, trainHere, trainInPython } from '../setup/parity-run.ts';
import { twoAtATime } from '../setup/two-at-a-time.ts';

const KINDS = ['all', 'non_padding', true] as const;
const argumentsFor = (counted: (typeof KINDS)[number]) => ({
  per_device_train_batch_size: 4,
  gradient_accumulation_steps: 2,
  max_steps: 6,
  logging_steps: 2,
  eval_strategy: 'steps',
  eval_steps: 3,
  save_strategy: 'no',
  seed: 11,
  include_num_input_tokens_seen: counted,
});

let out: string;
let theirs: Entry[][];
let ours: Entry[][];
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'tokens-'));
  const jobs = KINDS.map((counted) => ({
    arguments: { ...argumentsFor(counted), output_dir: join(out, `${counted}-python`) },
    resume_from: null,
  }));
  theirs = await trainInPython(jobs);
  ours = await twoAtATime(KINDS, (counted) => trainHere(join(out, String(counted)), argumentsFor(counted)));
});
afterAll(() => rm(out, { recursive: true }));

it.each(KINDS.map((counted, i) => [counted, i] as const))('%s', (_, i) => {
  const counts = (log: readonly Entry[]) => log.map((entry) => [entry['step'], entry['num_input_tokens_seen']]);
  expect(counts(ours[i]!)).toEqual(counts(theirs[i]!));
  const trained = (log: readonly Entry[]) => log.filter((entry) => 'loss' in entry).map((entry) => Object.keys(entry));
  expect(trained(ours[i]!)).toEqual(trained(theirs[i]!));
  expect(Object.keys(ours[i]!.at(-1)!)).toEqual(Object.keys(theirs[i]!.at(-1)!));
});
