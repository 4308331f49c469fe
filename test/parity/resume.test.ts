// A run begun here goes on in Python, and one begun in Python goes on here, as if nothing had happened in between.

import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixtureFolder } from '../setup/fixtures.ts';

type Entry = Record<string, number>;

const data = fixtureFolder('trajectory');
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
  'plain SGD, constant': { optim: 'sgd', learning_rate: 2e-2, lr_scheduler_type: 'constant', warmup_steps: 0 },
  'AdamW, plateau': {
    lr_scheduler_type: 'reduce_lr_on_plateau',
    lr_scheduler_kwargs: { patience: 0, factor: 0.5, threshold: 0.2 },
    warmup_steps: 0,
    eval_strategy: 'steps',
    eval_steps: 1,
  },
};

let out: string;
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'resume-parity-'));
});
afterAll(() => rm(out, { recursive: true }));

function run(command: string, args: readonly string[], input: string | null): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, HF_HUB_OFFLINE: '1' } });
    const texts = { stdout: '', stderr: '' };
    child.stdout.on('data', (piece) => (texts.stdout += piece));
    child.stderr.on('data', (piece) => (texts.stderr += piece));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve(texts.stdout) : reject(new Error(texts.stderr))));
    child.stdin.end(input ?? '');
  });
}

async function runHere(folder: string, args: object, resumeFrom: string | null): Promise<Entry[]> {
  const config = join(out, `${folder}.json`);
  const run_ = { model: 'model', train_file: 'train.csv', validation_file: 'validation.csv' };
  const paths = Object.fromEntries(Object.entries(run_).map(([key, path]) => [key, join(data, path)]));
  const columns = { text_column: 'text', label_column: 'label', max_length: 16 };
  await writeFile(config, JSON.stringify({ ...paths, ...columns, training_arguments: args }));
  const runner = join(import.meta.dirname, '../../src/headless/train.mjs');
  const resume = resumeFrom === null ? [] : ['--resume-from-checkpoint', resumeFrom];
  const lines = await run(
    process.execPath,
    [runner, '--config', config, '--output-dir', join(out, folder), ...resume],
    null,
  );
  return lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Entry);
}

interface Job {
  readonly arguments: object;
  readonly resume_from: string | null;
}

async function inPython(jobs: readonly Job[], files: readonly string[] = []) {
  const script = join(import.meta.dirname, 'train_jobs.py');
  const printed = await run('python3', ['-P', script], JSON.stringify({ data, jobs, files }));
  return JSON.parse(printed.trim().split('\n').at(-1)!) as { logs: Entry[][]; files: Record<string, object> };
}

/** Losses, rates and evaluations after step 4. */
function expectSame(ours: readonly Entry[], theirs: readonly Entry[]): void {
  for (const [key, tolerance] of [
    ['loss', 1e-5],
    ['eval_loss', 1e-5],
    ['learning_rate', 1e-12],
  ] as const) {
    const [a, b] = [ours, theirs].map((log) => log.filter((entry) => key in entry && entry['step']! > 4));
    expect(a!.map(({ step }) => step)).toEqual(b!.map(({ step }) => step));
    a!.forEach((entry, i) => {
      const [here, there] = [entry[key]!, b![i]![key]!];
      const error = Math.abs(here - there) / Math.max(Math.abs(there), 1e-12);
      expect(error, `${key} at step ${entry['step']}: ${here} against ${there}`).toBeLessThan(tolerance);
    });
  }
  expect(ours.filter((entry) => 'loss' in entry && entry['step']! > 4)).toHaveLength(6);
}

describe.each(Object.entries(CASES))('%s', (name, settings) => {
  const folder = name.replaceAll(/\W+/g, '-');
  const args = { ...SHARED, ...settings };
  const theirs = () => join(out, `${folder}-python`);
  const ours = () => join(out, folder);
  let here: Entry[];
  let there: Awaited<ReturnType<typeof inPython>>;

  beforeAll(async () => {
    here = await runHere(folder, args, null);
    const files = [join(theirs(), 'checkpoint-4'), join(ours(), 'checkpoint-4')].flatMap((checkpoint) =>
      ['optimizer.pt', 'scheduler.pt'].map((file) => join(checkpoint, file)),
    );
    there = await inPython(
      [
        { arguments: { ...args, output_dir: theirs() }, resume_from: null },
        {
          arguments: { ...args, output_dir: `${theirs()}-continued` },
          resume_from: join(ours(), 'checkpoint-4'),
        },
      ],
      files,
    );
  });

  it('Python goes on from a checkpoint of ours', () => {
    expectSame(here, there.logs[1]!);
  });

  it('a run here goes on from a checkpoint of Python', async () => {
    const continued = await runHere(`${folder}-continued`, args, join(theirs(), 'checkpoint-4'));
    expectSame(continued, there.logs[0]!);
  });

  it('a run here goes on from its own', async () => {
    const continued = await runHere(`${folder}-again`, args, join(ours(), 'checkpoint-4'));
    const later = (log: readonly Entry[]) => log.filter((entry) => 'loss' in entry && entry['step']! > 4);
    expect(later(continued)).toEqual(later(here));
  });

  it('the files say the same, to the last key', async () => {
    expect(await readdir(join(ours(), 'checkpoint-4'))).not.toContain('scaler.pt');
    for (const file of ['optimizer.pt', 'scheduler.pt']) {
      const [a, b] = [ours(), theirs()].map((each) => there.files[join(each, 'checkpoint-4', file)]);
      if (name === 'AdamW, plateau' && file === 'scheduler.pt')
        expect(Object.keys(a!).sort()).toEqual(Object.keys(b!).sort());
      else expect(a).toEqual(b);
    }
  });
});
