// Every optimizer in a whole run against HF's Trainer: twelve steps with clipping, decay and evaluations.
// The matrices of this model are too small for states of 8 bits: those are held against bitsandbytes in the unit lane.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPTIMIZERS, type OptimizerName } from '#protocol/optimizer-settings.ts';
import { type Entry, expectClose, trainHere, trainInPython } from '../setup/parity-run.ts';
import { twoAtATime } from '../setup/two-at-a-time.ts';

const SHARED = {
  per_device_train_batch_size: 8,
  max_steps: 12,
  learning_rate: 1e-3,
  warmup_steps: 2,
  weight_decay: 0.05,
  max_grad_norm: 0.5,
  logging_steps: 1,
  eval_strategy: 'steps',
  eval_steps: 4,
  save_strategy: 'no',
  seed: 11,
};
const SETTINGS: Partial<Record<OptimizerName, Record<string, unknown>>> = {
  adagrad: { learning_rate: 1e-2, optim_args: 'lr_decay=0.1' },
  lion_32bit: { learning_rate: 2e-4 },
  rmsprop: { optim_args: 'momentum=0.5,alpha=0.95,centered=true', learning_rate: 2e-4 },
  schedule_free_adamw: { lr_scheduler_type: 'constant', warmup_steps: 4 },
  sgd: { learning_rate: 2e-2, optim_args: 'momentum=0.9' },
};
let out: string;
let theirs: Map<string, Entry[]>;
let ours: Map<string, Entry[]>;
const argumentsFor = (optim: OptimizerName) => ({ ...SHARED, optim, ...SETTINGS[optim] });

beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'optimizers-'));
  const jobs = OPTIMIZERS.map((optim) => ({
    arguments: { ...argumentsFor(optim), output_dir: join(out, `${optim}-python`) },
    resume_from: null,
  }));
  const logs = await trainInPython(jobs);
  theirs = new Map(OPTIMIZERS.map((optim, i) => [optim, logs[i]!]));
  const here = await twoAtATime(OPTIMIZERS, (optim) => trainHere(join(out, optim), argumentsFor(optim)));
  ours = new Map(OPTIMIZERS.map((optim, i) => [optim, here[i]!]));
});
afterAll(() => rm(out, { recursive: true }));

describe('optimizers', () => {
  it.each(OPTIMIZERS)('%s', (optim) => {
    const log = ours.get(optim)!;
    for (const key of ['loss', 'eval_loss']) expectClose(log, theirs.get(optim)!, { key, tolerance: 2e-4 });
    const losses = log.flatMap((entry) => ('loss' in entry ? [entry['loss']] : []));
    expect(losses).toHaveLength(12);
  });
});
