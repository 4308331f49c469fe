// A search of the runner, on its example: trials in folders of their own, the best told, and taken up again where it was.

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../setup/run-command.ts';

interface Line {
  readonly trial?: number;
  readonly state?: string;
  readonly value?: number | null;
  readonly params?: Record<string, unknown>;
  readonly best_run?: { run_id: string; objective: number; hyperparameters: Record<string, unknown> };
  readonly eval_loss?: number;
}

const ROOT = join(import.meta.dirname, '../..');
let out: string;
let lines: Line[];

async function search(): Promise<Line[]> {
  const config = join(ROOT, 'test/examples/hyperparameter-search/run.json');
  const runner = join(ROOT, 'src/headless/train.mjs');
  const stdout = await runCommand(process.execPath, [runner, '--config', config, '--output-dir', out]);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}
const ended = (all: readonly Line[]): Line[] =>
  all.filter(({ trial, state }) => trial !== undefined && state !== 'running');

beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'search-'));
  lines = await search();
});
afterAll(() => rm(out, { recursive: true }));

describe('the runner', () => {
  it('compares trials by the loss of their last evaluation', () => {
    const trials = ended(lines);
    expect(trials.map(({ trial, state }) => [trial, state])).toEqual([
      [0, 'complete'],
      [1, 'complete'],
      [2, 'complete'],
    ]);
    const losses = lines.flatMap((line) => line.eval_loss ?? []);
    expect(losses).toHaveLength(9);
    expect(trials.map(({ value }) => value)).toEqual([losses[2], losses[5], losses[8]]);
    const best = trials.reduce((a, b) => (b.value! < a.value! ? b : a));
    expect(lines.at(-1)!.best_run).toEqual({
      run_id: String(best.trial),
      objective: best.value,
      hyperparameters: best.params,
    });
  });

  it("keeps the best model, with the trial in its state and the trial's arguments", async () => {
    const { run_id, hyperparameters } = JSON.parse(await readFile(join(out, 'best_run.json'), 'utf8'));
    const folder = join(out, `run-${run_id}`);
    expect(await readdir(folder)).toContain('model.safetensors');
    const json = async (path: string) => JSON.parse(await readFile(join(folder, path), 'utf8'));
    expect(await json('trainer_state.json')).toMatchObject({
      is_hyper_param_search: true,
      trial_name: `run-${run_id}`,
      trial_params: hyperparameters,
    });
    expect(await json('training_args.json')).toMatchObject(hyperparameters);
  });

  it('goes on with the trial that was interrupted, and comes to the same end', async () => {
    const path = join(out, 'hyperparameter_search.json');
    const stored = JSON.parse(await readFile(path, 'utf8'));
    const [first, second] = stored.trials;
    await writeFile(
      path,
      JSON.stringify({ ...stored, trials: [first, { ...second, state: 'running', value: null, reports: [] }] }),
    );
    const again = await search();
    expect(ended(again)).toEqual(ended(lines).slice(1));
    expect(again.at(-1)).toEqual(lines.at(-1));
  });
});
