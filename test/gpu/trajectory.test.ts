// The runner against HF's Trainer: the same model, data and arguments give the same log, step by step.

import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixtureFolder } from '../setup/fixtures.ts';

type Entry = Record<string, number>;

const fixture = fixtureFolder('trajectory');
const runner = join(import.meta.dirname, '../../src/headless/train.mjs');
let out: string;
let log: Entry[];
let expected: { log_history: Entry[]; best_metric: number; best_global_step: number };

const train = (...more: string[]) =>
  promisify(execFile)(process.execPath, [runner, '--config', join(fixture, 'run.json'), ...more]);
const entriesOf = (stdout: string): Entry[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Entry);

beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'trajectory-'));
  expected = JSON.parse(await readFile(join(fixture, 'expected.json'), 'utf8'));
  const { stdout } = await train('--output-dir', join(out, 'whole'));
  log = entriesOf(stdout);
});
afterAll(() => rm(out, { recursive: true }));

/** Entries of both logs side by side that have a key. */
const pairs = (key: string): [ours: Entry, theirs: Entry][] => {
  const [ours, theirs] = [log, expected.log_history].map((entries) => entries.filter((entry) => key in entry)) as [
    Entry[],
    Entry[],
  ];
  expect(ours.length).toBe(theirs.length);
  expect(ours.length).toBeGreaterThan(0);
  return ours.map((entry, i) => [entry, theirs[i]!]);
};
const expectRelative = (ours: number, theirs: number, tolerance: number, what: string) =>
  expect(Math.abs(ours - theirs) / Math.abs(theirs), `${what}: ${ours} against ${theirs}`).toBeLessThan(tolerance);

describe('trajectory', () => {
  it('every logged loss is within 2e-4', () => {
    for (const [ours, theirs] of pairs('loss'))
      expectRelative(ours.loss!, theirs.loss!, 2e-4, `loss at step ${ours.step}`);
  });
  it('every gradient norm is within 2e-3', () => {
    for (const [ours, theirs] of pairs('grad_norm'))
      expectRelative(ours.grad_norm!, theirs.grad_norm!, 2e-3, `grad_norm at step ${ours.step}`);
  });
  it('learning rate, epoch and step are exact', () => {
    for (const [ours, theirs] of pairs('learning_rate'))
      expect([ours.learning_rate, ours.epoch, ours.step]).toEqual([theirs.learning_rate, theirs.epoch, theirs.step]);
  });
  it('evaluations agree', () => {
    for (const [ours, theirs] of pairs('eval_loss')) {
      expectRelative(ours.eval_loss!, theirs.eval_loss!, 2e-4, `eval_loss at step ${ours.step}`);
      expect([ours.eval_accuracy, ours.epoch, ours.step]).toEqual([theirs.eval_accuracy, theirs.epoch, theirs.step]);
    }
  });
  it('the final entry agrees', () => {
    const [[ours, theirs]] = pairs('train_loss') as [[Entry, Entry]];
    expectRelative(ours.train_loss!, theirs.train_loss!, 2e-4, 'train_loss');
    expect(ours.total_flos).toBe(theirs.total_flos);
    expect(Object.keys(ours).sort()).toEqual(Object.keys(theirs).sort());
  });
  it('keeps the checkpoints HF would keep, and the best one', async () => {
    const state = JSON.parse(await readFile(join(out, 'whole', 'trainer_state.json'), 'utf8'));
    expect(state.best_global_step).toBe(expected.best_global_step);
    expectRelative(state.best_metric, expected.best_metric, 2e-4, 'best_metric');
    const names = (await readdir(join(out, 'whole'))).filter((name) => name.startsWith('checkpoint-')).sort();
    const other = expected.best_global_step === 24 ? 16 : expected.best_global_step;
    expect(names).toEqual([`checkpoint-${other}`, 'checkpoint-24'].sort());
  });
  it('resumed in the middle it repeats every further number, bit for bit', async () => {
    const { stdout } = await train(
      '--output-dir',
      join(out, 'resumed'),
      '--resume-from-checkpoint',
      join(out, 'whole', 'checkpoint-16'),
    );
    const rest = entriesOf(stdout).filter((entry) => 'loss' in entry);
    expect(rest).toEqual(log.filter((entry) => 'loss' in entry && entry.step! > 16));
    const weights = (folder: string) => readFile(join(out, folder, 'checkpoint-24', 'model.safetensors'));
    expect((await weights('resumed')).equals(await weights('whole'))).toBe(true);
  });
});
