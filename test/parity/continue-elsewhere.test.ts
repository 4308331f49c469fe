// The way off the laptop: a run of the runner leaves in the middle, goes on in Python as it would have here, on one
// process or two, and comes back.

import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { main } from '#headless/main.ts';
import { type Entry, expectClose } from '../setup/parity-run.ts';
import { runCommand, runPython } from '../setup/run-command.ts';
import { twoAtATime } from '../setup/two-at-a-time.ts';
import { CASES, LEAVES_AT, SAVED_EVERY, writeCase } from './continued-cases.ts';

const RUNNER = join(import.meta.dirname, '../../src/headless/train.mjs');
const COMPARED = 1e-5;
const AGAIN_FROM = LEAVES_AT + SAVED_EVERY;
const names = Object.keys(CASES);

let out: string;
const folderOf = (name: string): string => join(out, name.replaceAll(/\W+/g, '-'));

async function trainHere(folder: string, outputDir: string, resumeFrom: string | null = null): Promise<Entry[]> {
  const resume = resumeFrom === null ? [] : ['--resume-from-checkpoint', resumeFrom];
  const where = ['--config', join(folder, 'run.json'), '--output-dir', outputDir];
  const lines = await runCommand(process.execPath, [RUNNER, ...where, ...resume]);
  return lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Entry);
}

/** The exit code of an export. */
const leave = (config: string, folder: string, ...more: readonly string[]): Promise<number> =>
  main(['--config', config, '--continue-elsewhere', folder, ...more], () =>
    Promise.reject(new Error('no run here has modules of its own')),
  );

async function logOf(outputDir: string): Promise<Entry[]> {
  const state = JSON.parse(await readFile(join(outputDir, 'trainer_state.json'), 'utf8')) as { log_history: Entry[] };
  return state.log_history;
}

const logs = new Map<string, Entry[]>();

beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'continue-elsewhere-'));
  vi.stubEnv('CUDA_VISIBLE_DEVICES', '');
  await twoAtATime(names, async (name) => {
    const folder = folderOf(name);
    await mkdir(folder);
    await writeCase(folder, CASES[name]!);
    logs.set(name, await trainHere(folder, join(folder, 'out')));
  });
  for (const name of names) {
    const folder = folderOf(name);
    const from = CASES[name]!.fromModel
      ? []
      : ['--resume-from-checkpoint', join(folder, `out/checkpoint-${LEAVES_AT}`)];
    expect(await leave(join(folder, 'run.json'), join(folder, 'folder'), ...from), name).toBe(0);
  }
  const jobs = names.map((name) => ({ script: join(folderOf(name), 'folder/train.py'), arguments: [] }));
  const halves = [jobs.filter((_, i) => i % 2 === 0), jobs.filter((_, i) => i % 2 === 1)];
  const script = join(import.meta.dirname, 'run_scripts.py');
  await Promise.all(halves.map((half) => runPython(script, half)));
}, 600_000);
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(out, { recursive: true });
});

describe.each(Object.entries(CASES))('%s', (name, { fromModel = false, losses }) => {
  const after = fromModel ? 0 : LEAVES_AT;
  const theirs = () => logOf(join(folderOf(name), 'folder/output'));

  it('goes on in Python with the losses it would have had here', async () => {
    const upTo = losses === undefined ? Number.POSITIVE_INFINITY : after + losses;
    const within = (log: readonly Entry[]) => log.filter((entry) => entry['step']! <= upTo);
    const [here, there] = [within(logs.get(name)!), within(await theirs())];
    expectClose(here, there, { key: 'loss', tolerance: COMPARED, after });
    expectClose(here, there, { key: 'learning_rate', tolerance: 1e-12, after });
    expect(here.filter((entry) => 'loss' in entry && entry['step']! > after)).toHaveLength(losses ?? 12 - after);
  });

  it('is evaluated as here', async () => {
    const evaluations = (log: readonly Entry[]) =>
      log.filter((entry) => Object.keys(entry).some((key) => key.startsWith('eval_')) && entry['step']! > LEAVES_AT);
    const [here, there] = [evaluations(logs.get(name)!), evaluations(await theirs())];
    const isEvaluated = 'eval_steps' in (CASES[name]!.args ?? {});
    expect(here).toHaveLength(isEvaluated ? 2 * (CASES[name]!.sets ?? 1) : 0);
    // Times, and what only runs here tell.
    const isTiming = (key: string): boolean => /_(runtime|per_second|loss_per_token)$/.test(key);
    const isOfLoss = (key: string): boolean => /^eval_(\w+_)?(loss|perplexity|mse|rmse|mae)$/.test(key);
    const comparable = (entry: Entry) =>
      Object.fromEntries(Object.entries(entry).filter(([key]) => !isTiming(key) && !isOfLoss(key)));
    for (const [i, entry] of here.entries()) {
      const exact = comparable(entry);
      expect(
        Object.keys(there[i]!)
          .filter((key) => !isTiming(key))
          .sort(),
      ).toEqual(
        Object.keys(entry)
          .filter((key) => !isTiming(key))
          .sort(),
      );
      for (const [key, value] of Object.entries(exact)) expectEqualNumbers(there[i]![key], value, key);
      for (const key of Object.keys(entry).filter((each) => isOfLoss(each) && !isTiming(each)))
        expect(Math.abs(there[i]![key]! / entry[key]! - 1), key).toBeLessThan(COMPARED);
    }
  });
});

/** Numbers, or lists of such, that differ in the last bits only. */
function expectEqualNumbers(there: unknown, here: unknown, key: string): void {
  const numbers = (value: unknown): number[] => [value].flat(3) as number[];
  expect(numbers(there).length, key).toBe(numbers(here).length);
  for (const [i, value] of numbers(here).entries()) expect(numbers(there)[i], key).toBeCloseTo(value, 10);
}

describe('and comes back', () => {
  it.each(['tags', 'a new adapter'])('%s: a checkpoint of train.py goes on here', async (name) => {
    const folder = folderOf(name);
    const checkpoint = join(folder, `folder/output/checkpoint-${AGAIN_FROM}`);
    const again = await trainHere(folder, join(folder, 'again'), checkpoint);
    expectClose(again, logs.get(name)!, { key: 'loss', tolerance: COMPARED, after: AGAIN_FROM });
    expect(again.filter((entry) => 'loss' in entry)).toHaveLength(12 - AGAIN_FROM);
  });

  it.each(['tags', 'a new adapter', 'a document, blocks held out'])('%s: the model in output/ opens', async (name) => {
    const folder = folderOf(name);
    const output = join(folder, 'folder/output');
    const config = JSON.parse(await readFile(join(folder, 'run.json'), 'utf8')) as Record<string, unknown>;
    const given = name === 'a new adapter' ? { ...config, adapter: output } : { ...config, model: output };
    await writeFile(join(folder, 'next.json'), JSON.stringify(given));
    expect(await leave(join(folder, 'next.json'), join(folder, 'next'))).toBe(0);
  });
});

describe('on two processes', () => {
  it('half the batch in each makes the same updates; its checkpoint goes on here', async () => {
    const folder = folderOf('tags');
    const copy = join(folder, 'two');
    await cp(join(folder, 'folder'), copy, { recursive: true, filter: (path) => !path.includes('output') });
    const script = await readFile(join(copy, 'train.py'), 'utf8');
    expect(script).toContain('per_device_train_batch_size=4');
    await writeFile(join(copy, 'train.py'), script.replace('train_batch_size=4', 'train_batch_size=2'));
    vi.stubEnv('ACCELERATE_USE_CPU', 'true');
    await runCommand('accelerate', ['launch', '--multi_gpu', '--num_processes', '2', join(copy, 'train.py')]);
    const there = await logOf(join(copy, 'output'));
    expectClose(logs.get('tags')!, there, { key: 'loss', tolerance: COMPARED, after: LEAVES_AT });
    expect(await readdir(join(copy, 'output'))).toContain('model.safetensors');
    const again = await trainHere(folder, join(folder, 'two-again'), join(copy, `output/checkpoint-${AGAIN_FROM}`));
    expectClose(again, logs.get('tags')!, { key: 'loss', tolerance: COMPARED, after: AGAIN_FROM });
    expect(again.filter((entry) => 'loss' in entry)).toHaveLength(12 - AGAIN_FROM);
  });

  it('accelerate launch --cpu runs it to its end', async () => {
    const copy = join(folderOf('tags'), 'launched');
    await cp(join(folderOf('tags'), 'folder'), copy, { recursive: true, filter: (path) => !path.includes('output') });
    await runCommand('accelerate', ['launch', '--cpu', '--num_processes', '2', join(copy, 'train.py')]);
    const there = await logOf(join(copy, 'output'));
    expect(there.at(-1)).toMatchObject({ step: 12 });
    expect(await readdir(join(copy, 'output'))).toContain('model.safetensors');
  });

  it('accelerate reads the configurations for more', async () => {
    const code = [
      'import json, sys; from accelerate.commands.config.config_args import load_config_from_file as load',
      'print(json.dumps([str(load(path).distributed_type) for path in sys.argv[1:]]))',
    ];
    const files = ['accelerate-fsdp.yaml', 'accelerate-deepspeed.yaml'];
    const paths = files.map((file) => join(folderOf('tags'), 'folder', file));
    const printed = await runCommand('python3', ['-P', '-c', code.join('\n'), ...paths]);
    expect(JSON.parse(printed.trim().split('\n').at(-1)!)).toEqual([
      'DistributedType.FSDP',
      'DistributedType.DEEPSPEED',
    ]);
  });
});
