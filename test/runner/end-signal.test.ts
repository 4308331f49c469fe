// enable_jit_checkpoint in the runner: a real signal in the middle of a run, and what goes on from the checkpoint.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseHfJson } from '#util/hf-json.ts';

const ROOT = join(import.meta.dirname, '../..');
const EXAMPLE = join(ROOT, 'test/examples/text-classification');
const STEPS = 60;

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly said: string;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'end-signal-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function writeConfig(name: string, trainingArguments: Record<string, unknown>, more = {}): Promise<string> {
  const config = JSON.parse(await readFile(join(EXAMPLE, 'run.json'), 'utf8'));
  for (const field of ['model', 'train_file', 'validation_file']) config[field] = join(EXAMPLE, config[field]);
  Object.assign(config.training_arguments, { max_steps: STEPS, eval_strategy: 'epoch' }, trainingArguments);
  const path = join(folder, `${name}.json`);
  await writeFile(path, JSON.stringify({ ...config, ...more }));
  return path;
}

/** @param meet told all that was said so far, with each piece. */
function train(config: string, out: string, meet: (said: string, child: ChildProcess) => void): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const runner = join(ROOT, 'src/headless/train.mjs');
    const child = spawn(process.execPath, [runner, '--config', config, '--output-dir', join(folder, out)]);
    let said = '';
    const hear = (piece: Buffer): void => {
      said += piece;
      meet(said, child);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, said }));
  });
}

const uncut = (): void => undefined;

/** Once, when the text is met for the first time. */
function once(text: string, act: (child: ChildProcess) => void): (said: string, child: ChildProcess) => void {
  let met = false;
  return (said, child) => {
    if (met || !said.includes(text)) return;
    met = true;
    act(child);
  };
}

const weights = (out: string): Promise<Buffer> => readFile(join(folder, out, 'model.safetensors'));

/** Without what is measured in time. */
async function logOf(out: string): Promise<Record<string, unknown>[]> {
  const path = join(folder, out, 'trainer_state.json');
  const state = parseHfJson(await readFile(path, 'utf8'), path) as { log_history: Record<string, unknown>[] };
  return state.log_history
    .filter((entry) => !('train_runtime' in entry))
    .map((entry) => Object.fromEntries(Object.entries(entry).filter(([key]) => !/runtime|per_second/.test(key))));
}

describe('enable_jit_checkpoint', () => {
  it('saves at SIGTERM and ends well; what goes on from there is the run that was never ended, bit for bit', async () => {
    const whole = await train(await writeConfig('whole', {}), 'whole', uncut);
    expect(whole.code, whole.said).toBe(0);

    const args = { enable_jit_checkpoint: true, load_best_model_at_end: false, save_total_limit: 1 };
    const cut = await train(
      await writeConfig('cut', args),
      'cut',
      once('"loss"', (child) => child.kill('SIGTERM')),
    );
    expect(cut).toMatchObject({ code: 0, signal: null });
    const [checkpoint, ...others] = await readdir(join(folder, 'cut'));
    expect(others).toEqual([]);
    const step = Number(/^checkpoint-(\d+)$/.exec(checkpoint!)![1]);
    expect(step).toBeGreaterThan(0);
    expect(step).toBeLessThan(STEPS);
    expect(cut.said).toContain(
      `ended by SIGTERM after step ${step}. Go on with --resume-from-checkpoint ${join(folder, 'cut', checkpoint!)}\n`,
    );

    const path = join('cut', checkpoint!);
    const resumed = await train(await writeConfig('resumed', { resume_from_checkpoint: path }), 'resumed', uncut);
    expect(resumed.code, resumed.said).toBe(0);
    expect(resumed.said).toContain(`resuming from ${checkpoint} at step ${step}`);
    expect((await weights('resumed')).equals(await weights('whole'))).toBe(true);
    expect(await logOf('resumed')).toEqual(await logOf('whole'));
  });

  it('keeps the checkpoint beside the best one, though it is not the best', async () => {
    const args = {
      enable_jit_checkpoint: true,
      load_best_model_at_end: true,
      save_total_limit: 1,
      save_strategy: 'best',
      // The first evaluation has the greatest loss.
      metric_for_best_model: 'loss',
      greater_is_better: true,
      eval_strategy: 'steps',
      eval_steps: 1,
    };
    const cut = await train(
      await writeConfig('best', args),
      'best',
      once('"eval_loss"', (child) => child.kill('SIGINT')),
    );
    expect(cut).toMatchObject({ code: 0, signal: null });
    const step = Number(/ended by SIGINT after step (\d+)\./.exec(cut.said)![1]);
    expect(step).toBeGreaterThan(1);
    expect((await readdir(join(folder, 'best'))).toSorted()).toEqual(['checkpoint-1', `checkpoint-${step}`]);
    const path = join(folder, 'best', `checkpoint-${step}`, 'trainer_state.json');
    expect(parseHfJson(await readFile(path, 'utf8'), path)).toMatchObject({ global_step: step });
  });

  it('ends at once at the second signal, and at the first where it is off', async () => {
    // The checkpoint takes so long that there is time for another signal.
    const slow = join(folder, 'slow.mjs');
    const wait = 'onSave: () => new Promise((resolve) => setTimeout(resolve, 60000))';
    await writeFile(slow, `export default () => ({ name: 'SlowCallback', ${wait} });`);
    const twice = await train(
      await writeConfig('twice', { enable_jit_checkpoint: true }, { callbacks: [slow] }),
      'twice',
      once('"loss"', (child) => {
        child.kill('SIGTERM');
        // Those that follow at once are the same: a terminal and npm both send one.
        setTimeout(() => child.kill('SIGTERM'), 100);
        setTimeout(() => child.kill('SIGTERM'), 2000);
      }),
    );
    expect(twice.said.match(/SIGTERM: ending after this update/g)).toHaveLength(1);
    expect(twice.said).toMatch(/saved checkpoint-\d+/);
    expect(twice).toMatchObject({ code: null, signal: 'SIGTERM' });
    const off = await train(
      await writeConfig('off', {}),
      'off',
      once('"loss"', (child) => child.kill('SIGTERM')),
    );
    expect(off).toMatchObject({ code: null, signal: 'SIGTERM' });
  });

  it('lets a search go on with the trial that it ended', async () => {
    const search = { hyperparameter_search: { space: { learning_rate: [0.002, 0.001] }, sampler: 'grid' } };
    const args = { enable_jit_checkpoint: true, max_steps: 30, report_to: 'all' };
    const config = await writeConfig('search', args, search);
    const cut = await train(
      config,
      'search',
      once('"loss"', (child) => child.kill('SIGTERM')),
    );
    expect(cut).toMatchObject({ code: 0, signal: null });
    expect(cut.said).toContain('Started again in the same folder, the search goes on.');
    const [checkpoint] = await readdir(join(folder, 'search/run-0'));
    expect(checkpoint).toMatch(/^checkpoint-\d+$/);
    const whole = await train(config, 'search', uncut);
    expect(whole.code, whole.said).toBe(0);
    const firstLoss = whole.said.split('\n').find((line) => line.includes('"loss"'))!;
    expect(JSON.parse(firstLoss).step).toBe(Number(checkpoint!.split('-')[1]) + 1);
    expect(JSON.parse(await readFile(join(folder, 'search/best_run.json'), 'utf8'))).toHaveProperty('objective');
    const logs = await readdir(join(folder, 'search/runs'), { recursive: true });
    expect(logs.filter((name) => name.includes('tfevents')).map((name) => name.split('/')[1])).toEqual(
      expect.arrayContaining(['run-0', 'run-1']),
    );
  });
});
