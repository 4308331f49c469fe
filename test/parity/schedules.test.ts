// Every schedule in a whole run against HF's Trainer: learning rates to the last bit of a double, losses within 2e-4.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LR_SCHEDULER_TYPES } from '#protocol/scheduler-settings.ts';
import { type Entry, expectClose, trainHere, trainInPython } from '../setup/parity-run.ts';
import { twoAtATime } from '../setup/two-at-a-time.ts';

const SHARED = {
  per_device_train_batch_size: 8,
  max_steps: 8,
  learning_rate: 1e-3,
  warmup_steps: 2,
  logging_steps: 1,
  save_strategy: 'no',
  seed: 11,
};
const EVALUATED = { eval_strategy: 'steps', eval_steps: 1, warmup_steps: 0 };
const SETTINGS: Record<string, Record<string, unknown>> = {
  cosine: { lr_scheduler_kwargs: { num_cycles: 1 } },
  cosine_with_restarts: { lr_scheduler_kwargs: { num_cycles: 2 } },
  polynomial: { lr_scheduler_kwargs: { lr_end: 1e-4, power: 2 } },
  inverse_sqrt: { lr_scheduler_kwargs: { timescale: 3 } },
  cosine_with_min_lr: { lr_scheduler_kwargs: { min_lr: 1e-4 } },
  cosine_warmup_with_min_lr: { lr_scheduler_kwargs: { min_lr_rate: 0.1, warmup_lr_rate: 0.2 } },
  warmup_stable_decay: { lr_scheduler_kwargs: { num_decay_steps: 3, decay_type: '1-sqrt' } },
  reduce_lr_on_plateau: { ...EVALUATED, lr_scheduler_kwargs: { patience: 1, factor: 0.5, threshold: 0.1 } },
  greedy: { ...EVALUATED, lr_scheduler_kwargs: { patience: 1, factor: 0.8, min_lr: 1e-5 } },
};

let out: string;
let theirs: Map<string, Entry[]>;
let ours: Map<string, Entry[]>;
const argumentsFor = (type: string) => ({ ...SHARED, lr_scheduler_type: type, ...SETTINGS[type] });

beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'schedules-'));
  const jobs = LR_SCHEDULER_TYPES.map((type) => ({
    arguments: { ...argumentsFor(type), output_dir: join(out, `${type}-python`) },
    resume_from: null,
  }));
  const logs = await trainInPython(jobs);
  theirs = new Map(LR_SCHEDULER_TYPES.map((type, i) => [type, logs[i]!]));
  const here = await twoAtATime(LR_SCHEDULER_TYPES, (type) => trainHere(join(out, type), argumentsFor(type)));
  ours = new Map(LR_SCHEDULER_TYPES.map((type, i) => [type, here[i]!]));
});
afterAll(() => rm(out, { recursive: true }));

describe('schedules', () => {
  it.each(LR_SCHEDULER_TYPES)('%s', (type) => {
    const log = ours.get(type)!;
    expectClose(log, theirs.get(type)!, { key: 'learning_rate', tolerance: 1e-15 });
    expectClose(log, theirs.get(type)!, { key: 'loss', tolerance: 2e-4 });
    const rates = log.flatMap((entry) => ('learning_rate' in entry ? [entry['learning_rate']] : []));
    expect(rates).toHaveLength(8);
    if (type !== 'constant') expect(new Set(rates).size).toBeGreaterThan(2);
  });
});
