// A callback that a person wrote, in the runner: the example ends its run where it says it will.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCommand } from '../setup/run-command.ts';

let out: string;
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'callbacks-'));
});
afterAll(() => rm(out, { recursive: true }));

it('stops at the first evaluation that is good enough, with a checkpoint and its state in it', async () => {
  const root = join(import.meta.dirname, '../..');
  const config = join(root, 'test/examples/callbacks/run.json');
  const runner = join(root, 'src/headless/train.mjs');
  const stdout = await runCommand(process.execPath, [runner, '--config', config, '--output-dir', out]);
  const log = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, number>);
  const evaluations = log.filter((entry) => 'eval_loss' in entry);
  expect(evaluations.map(({ step }) => step)).toEqual([3, 6, 9]);
  expect(evaluations.map((entry) => entry['eval_loss']! <= 5.9)).toEqual([false, false, true]);
  const state = JSON.parse(await readFile(join(out, 'checkpoint-9/trainer_state.json'), 'utf8'));
  expect(state.stateful_callbacks.StopAtLossCallback).toEqual({
    args: {},
    attributes: { best: evaluations[2]!['eval_loss'] },
  });
});
