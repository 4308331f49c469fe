// The runner against HF's Trainer under many settings (test/fixtures/generate/trajectories.py): the log entry for entry,
// trainer_state.json field for field, and the folders and files that are left at the end.

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { main } from '#headless/main.ts';
import { parseHfJson } from '#util/hf-json.ts';
import { fixtureFolder } from '../setup/fixtures.ts';

/** Null: a time, which differs from run to run. */
type Entry = Record<string, number | null>;

interface State extends Record<string, unknown> {
  readonly log_history: readonly Entry[];
}

interface Expected {
  readonly state: State;
  /** The exact loss of all tokens, of each evaluation. */
  readonly per_token?: readonly number[];
  readonly checkpoints: readonly string[];
  /** Of the last checkpoint. */
  readonly files: readonly string[];
}

interface Outcome {
  readonly state: State;
  readonly text: string;
  /** As it was printed: the file has its keys sorted. */
  readonly log: readonly Entry[];
  readonly checkpoints: readonly string[];
  readonly files: readonly string[];
}

const CASES = [
  'generation-accumulation',
  'generation-smoothing-drop-last',
  'prompts-of-all-lengths',
  'accumulation',
  'smoothing-accumulation',
  'smoothing-part-of-an-epoch',
  'sgd-without-clipping',
  'adamw-decay',
  'max-steps-before-epochs',
  'epochs-and-a-half',
  'steps-as-shares',
  'saved-at-steps-evaluated-by-epoch',
  'nothing-saved',
  'three-sets',
  'three-sets-stopped',
  'limit-1',
  'limit-2',
  'limit-3',
  'stopped-below-threshold',
  'only-the-best',
  'only-the-model',
];
/** Cases that show where HF is defective: they are looked at below, one by one. */
const DEFECTIVE = ['accumulation-as-it-is', 'best-between-saves'];

const folder = fixtureFolder('trajectories');
let out: string;
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'trajectories-'));
});
afterAll(() => rm(out, { recursive: true }));

async function expectedOf(name: string): Promise<Expected & { readonly text: string }> {
  const text = await readFile(join(folder, name, 'expected.json'), 'utf8');
  return { ...(parseHfJson(text, name) as Expected), text };
}

const noModules = () => Promise.reject(new Error('no run here has modules of its own'));

async function train(name: string): Promise<Outcome> {
  const place = join(out, name);
  const [said, printed]: [string[], string[]] = [[], []];
  const spies = [
    vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => said.push(String(chunk)) > 0),
    vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => printed.push(String(chunk)) > 0),
  ];
  const code = await main(['--config', join(folder, name, 'run.json'), '--output-dir', place], noModules);
  for (const spy of spies) spy.mockRestore();
  expect(code, said.join('')).toBe(0);
  const log = printed.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Entry);
  const text = await readFile(join(place, 'trainer_state.json'), 'utf8');
  const checkpoints = (await readdir(place)).filter((entry) => entry.startsWith('checkpoint-'));
  checkpoints.sort((a, b) => Number(a.split('-')[1]) - Number(b.split('-')[1]));
  const last = checkpoints.at(-1);
  const files = last === undefined ? [] : (await readdir(join(place, last))).sort();
  return { state: parseHfJson(text, name) as State, text, log, checkpoints, files };
}

const isLoss = (key: string): boolean => /^(train_|eval_(.+_)?)?loss$/.test(key);
/** How near a number of the log has to be, relative to its size; all others must be equal. */
const toleranceOf = (key: string): number => (isLoss(key) ? 2e-4 : key === 'grad_norm' ? 2e-3 : 0);

/** What the log holds beyond HF's where metrics are computed: there are more of them here. */
const MORE_METRICS = /^eval_(.+_)?(confusion_matrix|(precision|recall|f1)_\w+|per_class_\w+)$/;
const OF_TOKENS = /^eval_(loss_per_token|perplexity)$/;

function withoutAdded(ours: Entry, theirs: Entry, isGeneration: boolean): string[] {
  const isMeasured = Object.keys(theirs).some((key) => key.endsWith('_accuracy'));
  return Object.keys(ours).filter(
    (key) => !(isMeasured && MORE_METRICS.test(key)) && !(isGeneration && OF_TOKENS.test(key)),
  );
}

function expectNear(ours: number, theirs: number, tolerance: number, what: string): void {
  expect(Math.abs(ours - theirs), `${what}: ${ours} against ${theirs}`).toBeLessThanOrEqual(
    tolerance * Math.abs(theirs),
  );
}

/** The numbers of a member of the log as the file spells them. */
const spelled = (text: string, key: string): string[] =>
  [...text.matchAll(new RegExp(`"${key}": (-?[0-9][^,\\s}]*)`, 'g'))].map(([, number]) => number!);

/** What is left of a list of files when what differs on purpose is taken as HF has it. */
const asInHf = (files: readonly string[]): string[] =>
  files
    .map((name) => (name === 'training_args.json' ? 'training_args.bin' : name))
    .filter((name) => name !== 'progress.json' && name !== 'optimizer.safetensors' && name !== 'rng_state.pth');

it('there is no case that nobody looks at', async () => {
  const names = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  expect(names.map(({ name }) => name).sort()).toEqual([...CASES, ...DEFECTIVE].sort());
});

describe.each(CASES)('%s', (name) => {
  let expected: Awaited<ReturnType<typeof expectedOf>>;
  let outcome: Outcome;
  beforeAll(async () => {
    expected = await expectedOf(name);
    outcome = await train(name);
  });

  it('logs the same keys in the same order', () => {
    const theirs = expected.state.log_history;
    expect(outcome.log).toHaveLength(theirs.length);
    expect(outcome.log.map((entry, i) => withoutAdded(entry, theirs[i]!, expected.per_token !== undefined))).toEqual(
      theirs.map((entry) => Object.keys(entry)),
    );
  });

  it('logs the same numbers', () => {
    for (const [i, theirs] of expected.state.log_history.entries()) {
      const ours = outcome.state.log_history[i]!;
      for (const [key, value] of Object.entries(theirs))
        if (value !== null) expectNear(ours[key]!, value, toleranceOf(key), `${key} at step ${theirs['step']}`);
    }
  });

  it('tells the exact mean over tokens', () => {
    const ours = outcome.state.log_history.flatMap((entry) => entry['eval_loss_per_token'] ?? []);
    expect(ours).toHaveLength(expected.per_token?.length ?? 0);
    for (const [i, value] of ours.entries())
      expectNear(value, expected.per_token![i]!, 5e-5, `eval_loss_per_token of evaluation ${i + 1}`);
  });

  it('spells numbers as HF does', () => {
    for (const key of ['epoch', 'learning_rate', 'step', 'total_flos', 'num_input_tokens_seen', 'eval_steps'])
      expect(spelled(outcome.text, key), key).toEqual(spelled(expected.text, key));
    const isFloat = (key: string, text: string) => spelled(text, key).map((number) => /[.e]/.test(number));
    for (const key of ['loss', 'grad_norm', 'eval_loss', 'train_loss', 'eval_accuracy', 'best_metric'])
      expect(isFloat(key, outcome.text), key).toEqual(isFloat(key, expected.text));
  });

  it('ends in the same state', () => {
    const { log_history: _, best_metric: best, ...theirs } = expected.state;
    const { log_history: __, best_metric: ours, ...state } = outcome.state;
    expect(state).toEqual(theirs);
    if (best === null) expect(ours).toBeNull();
    else expectNear(ours as number, best as number, 2e-4, 'best_metric');
  });

  it('leaves the same folders and files', () => {
    expect(outcome.checkpoints).toEqual(expected.checkpoints);
    expect(asInHf(outcome.files)).toEqual(asInHf(expected.files));
  });
});

describe('where HF is defective', () => {
  it('its loss and gradient of a classifier are those here times the accumulation', async () => {
    const [ours, theirs] = [await train('accumulation-as-it-is'), await expectedOf('accumulation-as-it-is')];
    const [here, there] = [ours.state.log_history[0]!, theirs.state.log_history[0]!];
    expectNear(5 * here['loss']!, there['loss']!, 2e-4, 'loss');
    expectNear(5 * here['grad_norm']!, there['grad_norm']!, 2e-3, 'grad_norm');
  });

  it('it goes back to a worse model where the best was not saved; here the best is saved when it comes', async () => {
    const [ours, theirs] = [await train('best-between-saves'), await expectedOf('best-between-saves')];
    for (const { best_global_step: step } of [ours.state, theirs.state]) expect(step).toBe(6);
    expect(theirs.state['best_model_checkpoint']).toBe('checkpoint-4');
    expect(ours.state['best_model_checkpoint']).toBe('checkpoint-6');
    expect(ours.checkpoints.filter((name) => !theirs.checkpoints.includes(name))).toEqual([
      'checkpoint-2',
      'checkpoint-6',
    ]);
  });
});
