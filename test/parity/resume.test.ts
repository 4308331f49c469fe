// A run begun here goes on in Python, and one begun in Python goes on here, as if nothing had happened in between.

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Entry, expectClose, openInPython, trainHere, trainInPython } from '../setup/parity-run.ts';
import { twoAtATime } from '../setup/two-at-a-time.ts';

const SHARED = {
  per_device_train_batch_size: 8,
  max_steps: 10,
  learning_rate: 1e-3,
  warmup_steps: 2,
  weight_decay: 0.05,
  max_grad_norm: 0.5,
  logging_steps: 1,
  save_steps: 4,
  seed: 11,
};
/** Files of a checkpoint that say where its run is. */
const STATES = ['optimizer.pt', 'scheduler.pt'];
const CASES: Record<string, Record<string, unknown>> = {
  'fused AdamW, linear': { optim: 'adamw_torch_fused', lr_scheduler_type: 'linear' },
  'AdamW, warm-up, stable, decay': {
    optim: 'adamw_torch',
    lr_scheduler_type: 'warmup_stable_decay',
    lr_scheduler_kwargs: { num_decay_steps: 4, min_lr_ratio: 0.1 },
    adam_beta1: 0.8,
    adam_beta2: 0.95,
  },
  'SGD with momentum, cosine with a minimum': {
    optim: 'sgd',
    optim_args: 'momentum=0.9,nesterov=True',
    learning_rate: 2e-2,
    lr_scheduler_type: 'cosine_with_min_lr',
    lr_scheduler_kwargs: { min_lr_rate: 0.1 },
  },
  'Adafactor, linear': { optim: 'adafactor', lr_scheduler_type: 'linear' },
  'Adagrad, cosine': { optim: 'adagrad', optim_args: 'lr_decay=0.1', learning_rate: 1e-2, lr_scheduler_type: 'cosine' },
  'RMSprop with momentum, centred, linear': {
    optim: 'rmsprop',
    optim_args: 'momentum=0.5,alpha=0.95,centered=True',
    learning_rate: 2e-4,
  },
  'Lion, linear': { optim: 'lion_32bit', learning_rate: 2e-4 },
  'plain SGD, constant': { optim: 'sgd', learning_rate: 2e-2, lr_scheduler_type: 'constant', warmup_steps: 0 },
  'AdamW, plateau': {
    lr_scheduler_type: 'reduce_lr_on_plateau',
    lr_scheduler_kwargs: { patience: 0, factor: 0.5, threshold: 0.2 },
    warmup_steps: 0,
    eval_strategy: 'steps',
    eval_steps: 1,
  },
};

const names = Object.keys(CASES);
const argumentsOf = (name: string) => ({ ...SHARED, ...CASES[name] });

let out: string;
const ours = (name: string): string => join(out, name.replaceAll(/\W+/g, '-'));
const theirs = (name: string): string => `${ours(name)}-python`;
const CHECKPOINT = 'checkpoint-4';

/** Of each case: a whole run, and one from the checkpoint of the other. */
interface Logs {
  readonly whole: Entry[];
  readonly continued: Entry[];
}
const here = new Map<string, Logs & { readonly again: Entry[] }>();
const there = new Map<string, Logs>();
let files: Awaited<ReturnType<typeof openInPython>>;

beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'resume-parity-'));
  const whole = await twoAtATime(names, (name) => trainHere(ours(name), argumentsOf(name)));
  const logs = await trainInPython(
    names.flatMap((name) => [
      { arguments: { ...argumentsOf(name), output_dir: theirs(name) }, resume_from: null },
      {
        arguments: { ...argumentsOf(name), output_dir: `${theirs(name)}-continued` },
        resume_from: join(ours(name), CHECKPOINT),
      },
    ]),
  );
  for (const [i, name] of names.entries()) there.set(name, { whole: logs[2 * i]!, continued: logs[2 * i + 1]! });
  await twoAtATime([...names.entries()], async ([i, name]) => {
    const [args, folder] = [argumentsOf(name), ours(name)];
    const continued = await trainHere(`${folder}-continued`, args, join(theirs(name), CHECKPOINT));
    const again = await trainHere(`${folder}-again`, args, join(folder, CHECKPOINT));
    here.set(name, { whole: whole[i]!, continued, again });
  });
  files = await openInPython(
    names.flatMap((name) =>
      [ours(name), theirs(name)].flatMap((folder) => STATES.map((file) => join(folder, CHECKPOINT, file))),
    ),
  );
}, 600_000);
afterAll(() => rm(out, { recursive: true }));

/** Losses, evaluations and rates after the checkpoint of step 4. */
function expectSame(ours: readonly Entry[], theirs: readonly Entry[]): void {
  expectClose(ours, theirs, { key: 'loss', tolerance: 1e-5, after: 4 });
  expectClose(ours, theirs, { key: 'eval_loss', tolerance: 1e-5, after: 4 });
  expectClose(ours, theirs, { key: 'learning_rate', tolerance: 1e-12, after: 4 });
  expect(ours.filter((entry) => 'loss' in entry && entry['step']! > 4)).toHaveLength(6);
}

const later = (log: readonly Entry[]) => log.filter((entry) => 'loss' in entry && entry['step']! > 4);

describe.each(names)('%s', (name) => {
  it('Python goes on from a checkpoint of ours', () => {
    expectSame(here.get(name)!.whole, there.get(name)!.continued);
  });

  it('a run here goes on from a checkpoint of Python', () => {
    expectSame(here.get(name)!.continued, there.get(name)!.whole);
  });

  it('a run here goes on from its own', () => {
    expect(later(here.get(name)!.again)).toEqual(later(here.get(name)!.whole));
  });

  it('the files say the same, to the last key', async () => {
    expect(await readdir(join(ours(name), CHECKPOINT))).not.toContain('scaler.pt');
    for (const file of STATES) {
      const [a, b] = [ours(name), theirs(name)].map((folder) => files[join(folder, CHECKPOINT, file)]);
      if (name === 'AdamW, plateau' && file === 'scheduler.pt')
        expect(Object.keys(a!).sort()).toEqual(Object.keys(b!).sort());
      else expect(a).toEqual(b);
    }
  });
});

it.each(['adamw_8bit', 'schedule_free_adamw'])('%s, which Python does not go on from, goes on here', async (optim) => {
  const args = { ...SHARED, optim, lr_scheduler_type: 'constant', eval_strategy: 'steps', eval_steps: 3 };
  const whole = await trainHere(join(out, optim), args);
  const files = await readdir(join(out, optim, 'checkpoint-4'));
  expect(files).toContain('optimizer.safetensors');
  expect(files).not.toContain('optimizer.pt');
  const continued = await trainHere(join(out, `${optim}-again`), args, join(out, optim, 'checkpoint-4'));
  expect(later(continued)).toEqual(later(whole));
});
