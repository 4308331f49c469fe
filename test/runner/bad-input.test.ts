// Bad input to the runner: it says what is wrong and where, answers with a code other than 0, and leaves nothing behind.
// A few cases go through the real command; the rest call its `main`, which is the same without starting a process.

import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { main } from '#headless/main.ts';
import { fixtureFolder } from '../setup/fixtures.ts';

type Json = Record<string, unknown>;

const loadModule = (path: string) => import(/* @vite-ignore */ path) as Promise<Record<string, unknown>>;
const RUNNER = join(import.meta.dirname, '../../src/headless/train.mjs');
let folder: string;
let out: string;

/** A sound run of two steps; each case damages one thing of it. */
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bad-input-'));
  out = join(folder, 'out');
  await cp(fixtureFolder('trajectory'), folder, { recursive: true });
  await changeJson('run.json', (run) => {
    run['training_arguments'] = { max_steps: 2, per_device_train_batch_size: 8, save_steps: 1, logging_steps: 1 };
  });
});
afterEach(() => rm(folder, { recursive: true }));

async function changeJson(path: string, change: (json: Json) => void): Promise<void> {
  const json = JSON.parse(await readFile(join(folder, path), 'utf8')) as Json;
  change(json);
  await writeFile(join(folder, path), JSON.stringify(json));
}
const changeArguments = (given: Json) =>
  changeJson('run.json', (run) => Object.assign(run['training_arguments'] as Json, given));
const write = (path: string, content: string | Uint8Array) => writeFile(join(folder, path), content);

/** Rewrites the header of the weights, and their data if told to. */
async function changeWeights(
  change: (header: Record<string, { data_offsets: [number, number]; shape: number[] }>) => void,
  cut = 0,
): Promise<void> {
  const path = join(folder, 'model/model.safetensors');
  const bytes = await readFile(path);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString()) as Parameters<typeof change>[0];
  change(header);
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  const data = bytes.subarray(8 + length);
  await writeFile(path, Buffer.concat([size, text, data.subarray(0, data.length - cut)]));
}

interface Outcome {
  readonly code: number;
  readonly text: string;
}

function runMain(...more: string[]): Promise<Outcome> {
  const said: string[] = [];
  const listen = (chunk: string | Uint8Array): boolean => said.push(String(chunk)) > 0;
  const spies = [
    vi.spyOn(process.stderr, 'write').mockImplementation(listen),
    vi.spyOn(process.stdout, 'write').mockImplementation(listen),
  ];
  return main(['--config', join(folder, 'run.json'), '--output-dir', out, ...more], loadModule)
    .then((code) => ({ code, text: said.join('') }))
    .finally(() => {
      for (const spy of spies) spy.mockRestore();
    });
}

function runCommand(...given: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [RUNNER, ...given], (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, text: stdout + stderr });
    });
  });
}

async function expectRefused({ code, text }: Outcome, error: string, ...telling: string[]): Promise<void> {
  expect(text).toContain(`${error}: `);
  for (const part of telling) expect(text).toContain(part);
  expect(text).not.toMatch(/\n {4}at /);
  expect(code).toBe(1);
  await expect(readdir(out)).rejects.toMatchObject({ code: 'ENOENT' });
}

describe('weights', () => {
  it('a truncated file', async () => {
    await changeWeights(() => undefined, 100);
    await expectRefused(await runMain(), 'E-MODEL-FORMAT', 'model.safetensors', '100');
  });
  it('a header longer than the file', async () => {
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(5_000_000n);
    await write('model/model.safetensors', Buffer.concat([size, Buffer.from('{}')]));
    await expectRefused(await runMain(), 'E-MODEL-FORMAT', 'model.safetensors', '5000000');
  });
  it('overlapping tensors', async () => {
    await changeWeights((header) => {
      const [begin, end] = header['classifier.weight']!.data_offsets;
      header['classifier.weight']!.data_offsets = [begin - 4, end - 4];
    });
    await expectRefused(await runMain(), 'E-MODEL-FORMAT', 'classifier.weight', 'overlap');
  });
  it('a missing tensor, by the real command', async () => {
    await changeWeights((header) => {
      header['bert.somewhere.else.weight'] = header['bert.encoder.layer.1.output.dense.weight']!;
      delete header['bert.encoder.layer.1.output.dense.weight'];
    });
    const outcome = await runCommand('--config', join(folder, 'run.json'), '--output-dir', out);
    await expectRefused(outcome, 'E-MODEL-WEIGHTS', 'bert.encoder.layer.1.output.dense.weight', 'What to do: ');
  });
  it('a tensor of another shape', async () => {
    await changeWeights((header) => void header['bert.pooler.dense.weight']!.shape.splice(0, 2, 16, 64));
    await expectRefused(await runMain(), 'E-MODEL-WEIGHTS', 'bert.pooler.dense.weight', '[16,64]', '[32,32]');
  });
  it('none at all', async () => {
    await rm(join(folder, 'model/model.safetensors'));
    await expectRefused(await runMain(), 'E-MODEL-WEIGHTS', 'There is no model.safetensors');
  });
});

describe('model folder', () => {
  it('another architecture', async () => {
    await changeJson('model/config.json', (config) => void Object.assign(config, { model_type: 'mamba' }));
    await expectRefused(await runMain(), 'E-MODEL-CONFIG', '"mamba"', 'Atelier can train: bert');
  });
  it('a config value of the wrong kind', async () => {
    await changeJson('model/config.json', (config) => void Object.assign(config, { num_attention_heads: 5 }));
    await expectRefused(await runMain(), 'E-MODEL-CONFIG', 'num_attention_heads');
  });
  it('a config that is no JSON', async () => {
    await write('model/config.json', '{"model_type": ');
    await expectRefused(await runMain(), 'E-MODEL-CONFIG', 'config.json is not valid JSON');
  });
  it('no tokenizer', async () => {
    await rm(join(folder, 'model/tokenizer.json'));
    await expectRefused(await runMain(), 'E-TOKENIZER', 'tokenizer.json');
  });
  it('no such folder', async () => {
    await changeJson('run.json', (run) => void Object.assign(run, { model: 'nowhere' }));
    await expectRefused(await runMain(), 'E-MODEL-CONFIG', 'nowhere');
  });
});

describe('adapter', () => {
  beforeEach(() => cp(join(import.meta.dirname, '../examples/lora-classification'), folder, { recursive: true }));

  it('with layers that the run does not train', async () => {
    await changeJson(
      'adapter/adapter_config.json',
      (config) => void Object.assign(config, { target_modules: ['key'] }),
    );
    await expectRefused(await runMain(), 'E-MODEL-WEIGHTS', 'holds base_model.model.bert.', 'does not train');
  });
  it('of another rank', async () => {
    await changeJson('adapter/adapter_config.json', (config) => void Object.assign(config, { r: 3 }));
    await expectRefused(await runMain(), 'E-MODEL-WEIGHTS', 'query.lora_A.weight, or has it in another size');
  });
});

describe('data', () => {
  it('an open quote', async () => {
    await write('train.csv', 'text,label\ngood,glad\n"never closed,angry\nbad,angry\n');
    await expectRefused(await runMain(), 'E-DATA-FORMAT', 'train.csv:3');
  });
  it('no label column', async () => {
    await changeJson('run.json', (run) => void Object.assign(run, { label_column: 'sentiment' }));
    await expectRefused(await runMain(), 'E-DATA-COLUMN', '"sentiment"', 'text, label');
  });
  it('one class only', async () => {
    await write('train.csv', `text,label\n${'fine words,glad\n'.repeat(5)}`);
    await changeJson('model/config.json', (config) => {
      delete config['id2label'];
      delete config['label2id'];
    });
    await expectRefused(await runMain(), 'E-DATA-LABEL', 'train.csv', 'glad');
  });
  it('an empty file', async () => {
    await write('train.csv', '');
    await expectRefused(await runMain(), 'E-DATA-FORMAT', 'train.csv', 'empty');
  });
  it('a header and no rows', async () => {
    await write('train.csv', 'text,label\n');
    await expectRefused(await runMain(), 'E-DATA-FORMAT', 'train.csv');
  });
  it('bytes that are no UTF-8', async () => {
    await write(
      'train.csv',
      Buffer.concat([Buffer.from('text,label\ngood,glad\nd'), Buffer.of(0xe9, 0x6a), Buffer.from(',angry\n')]),
    );
    await expectRefused(await runMain(), 'E-DATA-FORMAT', 'train.csv:3', 'UTF-8');
  });
  it('a Parquet file that is cut off', async () => {
    await write('train.csv', 'PAR1 and no more');
    await expectRefused(await runMain(), 'E-DATA-FORMAT', 'train.csv', 'cut off or damaged');
  });
  it('an archive whose files do not tell which is for training', async () => {
    const rows = await readFile(join(folder, 'train.csv'));
    await write('data.zip', Buffer.from(zipSync({ 'one.csv': rows, 'two.csv': rows })));
    await changeJson('run.json', (run) => void Object.assign(run, { train_file: 'data.zip' }));
    await expectRefused(await runMain(), 'E-DATA-FORMAT', 'data.zip', 'one.csv, two.csv', 'data.zip/one.csv');
  });
  it('rows to leave out of a kind that is not known', async () => {
    await changeJson('run.json', (run) => void Object.assign(run, { leave_out: ['odd'] }));
    await expectRefused(await runMain(), 'E-ARGS', 'leave_out', 'duplicates');
  });
  it('a label that training never saw', async () => {
    await write('validation.csv', 'text,label\ngood,glad\nodd,puzzled\n');
    await expectRefused(await runMain(), 'E-DATA-LABEL', 'validation.csv', 'puzzled');
  });
  it('a label that training never saw, in one of several files', async () => {
    await write('odd.csv', 'text,label\nodd,puzzled\n');
    await changeJson('run.json', (run) => {
      run['validation_file'] = { usual: 'validation.csv', odd: 'odd.csv' };
    });
    await expectRefused(await runMain(), 'E-DATA-LABEL', 'odd.csv', 'puzzled');
  });
  it('no such file', async () => {
    await changeJson('run.json', (run) => void Object.assign(run, { train_file: 'absent.csv' }));
    await expectRefused(await runMain(), 'E-DATA-FORMAT', 'absent.csv can not be read: there is no such file');
  });
  it('a cell of 100,000 characters is cut to max_length and trained, by the real command', async () => {
    const rows = `${await readFile(join(folder, 'train.csv'), 'utf8')}${'calm river '.repeat(9091)},calm\n`;
    await write('train.csv', rows);
    const { code, text } = await runCommand('--config', join(folder, 'run.json'), '--output-dir', out);
    expect(text).toContain('done: 2 steps');
    expect(code).toBe(0);
    expect((await readdir(out)).sort()).toEqual([
      'README.md',
      'checkpoint-1',
      'checkpoint-2',
      'config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
      'trainer_state.json',
      'training_args.json',
    ]);
  });
});

describe('training_arguments', () => {
  it.each<[Json, ...string[]]>([
    [{ learning_rate: 'fast' }, 'learning_rate', '"fast"'],
    [{ max_steps: 2.5 }, 'max_steps', '2.5'],
    [{ per_device_train_batch_size: 0 }, 'per_device_train_batch_size', '0'],
    [{ fp16: 'yes' }, 'fp16', '"yes"'],
    [{ seed: [1] }, 'seed'],
    [{ label_names: 'labels' }, 'label_names'],
    [{ gradient_accumulation_steps: null }, 'gradient_accumulation_steps'],
    [{ label_smoothing_factor: 1.5 }, 'label_smoothing_factor', '1.5'],
    [{ logging_steps: -1 }, 'logging_steps', '-1'],
    [{ optim: 'adam_of_mine' }, 'optim', 'adam_of_mine', 'adamw_torch'],
    [{ lr_scheduler_type: 'zigzag' }, 'lr_scheduler_type', 'zigzag', 'linear'],
    [{ lr_scheduler_type: 'polynomial', lr_scheduler_kwargs: { lr_end: 1 } }, 'lr_end'],
    [{ load_best_model_at_end: true }, 'load_best_model_at_end'],
    [{ bf16: true, fp16: true }, 'bf16'],
  ])('%j', async (given, ...telling) => {
    await changeArguments(given);
    await expectRefused(await runMain(), 'E-ARGS', ...telling);
  });
  it('all faults are told at once', async () => {
    await changeArguments({ learning_rate: 'fast', weight_decay: [], num_train_epochs: 'many' });
    await expectRefused(await runMain(), 'E-ARGS', 'learning_rate', 'weight_decay', 'num_train_epochs');
  });
  it('evaluation without validation data', async () => {
    await changeJson('run.json', (run) => void delete run['validation_file']);
    await changeArguments({ eval_strategy: 'steps' });
    await expectRefused(await runMain(), 'E-ARGS', 'eval_strategy', 'no evaluation data');
  });
});

describe('run.json', () => {
  it('missing, by the real command', async () => {
    const outcome = await runCommand('--config', join(folder, 'absent.json'), '--output-dir', out);
    await expectRefused(outcome, 'E-ARGS', 'absent.json can not be read');
  });
  it('no JSON', async () => {
    await write('run.json', '{"model": "model",}');
    await expectRefused(await runMain(), 'E-ARGS', 'run.json is not JSON');
  });
  it.each<[string, unknown, ...string[]]>([
    ['trian_file', 'x.csv', '"trian_file" is not known', 'train_file'],
    ['task', 'translation', '"task" must be one of text-classification'],
    ['text_column', 3, '"text_column" must be a text, but is 3'],
    ['max_length', 'long', '"max_length" must be a positive integer, but is "long"'],
    ['max_length', 33, 'max_length is 33, but this model reads at most 32 tokens', 'Set it to 32 or less'],
    ['problem_type', 'ranking', '"problem_type" must be one of'],
    ['validation_fraction', 1, '"validation_fraction" must be'],
    ['training_arguments', [], '"training_arguments" must be an object'],
    ['validation_file', {}, '"validation_file" must be a text, or texts by name'],
    ['validation_file', ['validation.csv'], '"validation_file" must be a text, or texts by name'],
    ['validation_file', { 'a b': 'validation.csv' }, 'names a set "a b"', 'letters, digits, _ and -'],
    ['validation_file', { de: 3 }, '"validation_file.de" must be a text, but is 3'],
    ['early_stopping_patience', 0, '"early_stopping_patience" must be a positive integer, but is 0'],
    ['early_stopping_patience', 2, 'Early stopping needs evaluations and a metric to watch', 'metric_for_best_model'],
    ['early_stopping_threshold', 0.1, '"early_stopping_threshold" needs early_stopping_patience'],
  ])('%s: %j', async (field, value, ...telling) => {
    await changeJson('run.json', (run) => void Object.assign(run, { [field]: value }));
    await expectRefused(await runMain(), 'E-ARGS', ...telling);
  });
  it('a field that must be there', async () => {
    await changeJson('run.json', (run) => void delete run['label_column']);
    await expectRefused(await runMain(), 'E-ARGS', '"label_column" is missing');
  });
});

describe('the command line', () => {
  it.each([
    [[]],
    [['--config', 'run.json']],
    [['--config', 'a', '--output-dir', 'b', '--fast']],
    [['--config', 'a', '--output-dir', 'b', '--resume-arguments', 'ask']],
  ])('%j answers with 2 and the usage', async (given) => {
    const said: string[] = [];
    const spy = vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => said.push(String(chunk)) > 0);
    expect(await main(given, loadModule).finally(() => spy.mockRestore())).toBe(2);
    expect(said.join('')).toContain(
      'usage: npm run train -- --config run.json (--output-dir out | --continue-elsewhere FOLDER)',
    );
  });
  it('an output folder that is a file', async () => {
    await write('out', 'mine');
    const { code, text } = await runMain();
    expect(text).toContain('E-STORAGE: The output folder');
    expect(code).toBe(1);
    expect(await readFile(out, 'utf8')).toBe('mine');
  });
});

describe('a search', () => {
  it.each([
    [[], 'must be an object'],
    [{ trials: 3 }, '"hyperparameter_search.trials" is not known'],
    [{ n_trials: 0 }, 'must be a whole number of at least 1'],
    [{ sampler: 'bayes' }, 'must be one of tpe, random, grid'],
    [{ direction: 'up' }, 'must be one of minimize, maximize'],
    [{ space: { learning_rat: [1] } }, 'learning_rat is no argument'],
    [{ sampler: 'grid', space: { learning_rate: { low: 1e-5, high: 1e-3 } } }, 'A grid needs a step for learning_rate'],
  ])('%j', async (hyperparameter_search, telling) => {
    await changeJson('run.json', (run) => void Object.assign(run, { hyperparameter_search }));
    await expectRefused(await runMain(), 'E-ARGS', telling);
  });
  it('without evaluation data', async () => {
    await changeJson('run.json', (run) => {
      delete run['validation_file'];
      run['hyperparameter_search'] = {};
    });
    await expectRefused(await runMain(), 'E-ARGS', 'there is no evaluation data');
  });
});

describe('callbacks', () => {
  it.each([
    ['absent.ts', null, 'is not there'],
    ['syntax.mjs', 'export default () => {', 'can not be run'],
    ['object.mjs', 'export default { name: "Mine" };', 'has no default export that is a function'],
    ['nothing.mjs', 'export default () => null;', 'gives no callback'],
    ['nameless.mjs', 'export default () => ({ onLog() {} });', 'gives a callback without a name'],
    ['thrown.mjs', 'export default () => { throw new Error("no disk"); };', 'can not be run: no disk'],
    [
      'misspelt.mjs',
      'export default () => ({ name: "Mine", onStepEnds() {} });',
      'answers to onStepEnds, which is no event. Perhaps onStepEnd',
    ],
  ])('%s', async (name, source, telling) => {
    if (source !== null) await write(name, source);
    await changeJson('run.json', (run) => void Object.assign(run, { callbacks: [name] }));
    await expectRefused(await runMain(), 'E-ARGS', name, telling);
  });
});

describe('resuming', () => {
  it('from a folder that is no checkpoint', async () => {
    await mkdir(join(folder, 'not-a-checkpoint'));
    const outcome = await runMain('--resume-from-checkpoint', join(folder, 'not-a-checkpoint'));
    await expectRefused(outcome, 'E-CHECKPOINT', 'not-a-checkpoint', 'trainer_state.json');
  });
  it('from nowhere', async () => {
    await expectRefused(await runMain('--resume-from-checkpoint', join(folder, 'absent')), 'E-CHECKPOINT', 'absent');
  });
  it('from a damaged trainer_state.json', async () => {
    await mkdir(join(folder, 'damaged'));
    await write('damaged/trainer_state.json', '{"global_step": 1');
    await expectRefused(
      await runMain('--resume-from-checkpoint', join(folder, 'damaged')),
      'E-CHECKPOINT',
      'trainer_state.json is not valid JSON',
    );
  });
});
