// Folders that go to transformers' Trainer and come from it.

import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readTorchArchive, readTorchTensor } from '#formats/torch-reader.ts';
import { isTensor, type TorchKey, TorchTuple, type TorchValue } from '#formats/torch-values.ts';
import { type ForeignRun, openCheckpointFolder } from '#headless/checkpoint-folder.ts';
import { FolderCheckpointStore } from '#headless/folder-checkpoint-store.ts';
import type { Progress } from '#trainer/checkpoint-files.ts';
import { stringifyHfJson } from '#util/hf-json.ts';
import { fixtureFolder } from '../../setup/fixtures.ts';
import { checkpointWrite, RUN, tensorSource } from '../storage/checkpoint-store-conformance.ts';

const OPTIMIZER = 'optimizer.safetensors';
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'checkpoint-folder-'));
});
afterEach(() => rm(root, { recursive: true }));

const floats = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);
const numbers = (bytes: Uint8Array<ArrayBuffer>): number[] => [...new Float32Array(bytes.buffer)];
const state = (name: string, values: number[], shape = [values.length]) => ({
  ...tensorSource(name, floats(...values), { file: OPTIMIZER }),
  shape,
});

const PROGRESS: Progress = {
  scheduler: { type: 'linear', base_lr: 1e-3, last_epoch: 3, last_lr: 8e-4, next_lr: 7e-4, metric_state: null },
  param_groups: [
    { weight_decay: 0.1, params: ['w', 'u'] },
    { weight_decay: 0, params: ['b'] },
  ],
  skipped_steps: 1,
};
const MOMENTS = ['w', 'u', 'b'].flatMap((name, i) => [
  state(`exp_avg.${name}`, [i, i + 0.5], name === 'u' ? [2, 1] : [2]),
  state(`exp_avg_sq.${name}`, [10 + i, 20 + i], name === 'u' ? [2, 1] : [2]),
]);
/** Three good steps, a scale that has grown. */
const UPDATE = state('update_state', [3, 0.271, 0.003, 131072, 17, 0, 1, 1]);

function write(args: object, tensors = [...MOMENTS, UPDATE], progress = PROGRESS) {
  const files = new Map([
    ['trainer_state.json', '{"global_step": 4, "epoch": 0.5}'],
    ['progress.json', stringifyHfJson(progress)],
    ['training_args.json', JSON.stringify({ learning_rate: 1e-3, weight_decay: 0.1, ...args })],
  ]);
  return checkpointWrite(4, { tensors: [tensorSource('w', floats(1, 2)), ...tensors], files, modelOnly: false });
}

async function saved(args: object, tensors = [...MOMENTS, UPDATE], progress = PROGRESS) {
  const store = new FolderCheckpointStore(root);
  const manifest = await store.save(write(args, tensors, progress));
  return { store, manifest, folder: join(root, 'checkpoint-4') };
}

type Dict = ReadonlyMap<TorchKey, TorchValue>;
const load = async (folder: string, file: string): Promise<Dict> =>
  (await readTorchArchive(new Blob([await readFile(join(folder, file))]), file)) as Dict;

describe('a checkpoint of a run here', () => {
  it('holds what AdamW and its schedule resume from in torch', async () => {
    const { folder } = await saved({ adam_beta1: 0.8 });
    expect((await readdir(folder)).sort()).toEqual([
      'model.safetensors',
      'optimizer.pt',
      'optimizer.safetensors',
      'progress.json',
      'scheduler.pt',
      'trainer_state.json',
      'training_args.json',
    ]);
    const optimizer = await load(folder, 'optimizer.pt');
    const [decayed, plain] = optimizer.get('param_groups') as Dict[];
    expect(Object.fromEntries(decayed!)).toMatchObject({
      weight_decay: 0.1,
      lr: 7e-4,
      betas: new TorchTuple([0.8, 0.999]),
      eps: 1e-8,
      fused: true,
      initial_lr: 1e-3,
      params: [0, 1],
    });
    expect([plain!.get('weight_decay'), plain!.get('params')]).toEqual([0, [2]]);
    const states = [...(optimizer.get('state') as Map<TorchKey, Dict>)];
    expect(states.map(([index]) => index)).toEqual([0, 1, 2]);
    const read = async (value: TorchValue | undefined) =>
      isTensor(value) ? [value.shape, numbers(await readTorchTensor(value))] : null;
    expect(await read(states[1]![1].get('step'))).toEqual([[], [3]]);
    expect(await read(states[1]![1].get('exp_avg'))).toEqual([
      [2, 1],
      [1, 1.5],
    ]);
    expect(await read(states[2]![1].get('exp_avg_sq'))).toEqual([[2], [12, 22]]);
    expect(Object.fromEntries(await load(folder, 'scheduler.pt'))).toEqual({
      base_lrs: [1e-3, 1e-3],
      last_epoch: 3,
      _step_count: 4,
      _is_initial: false,
      _get_lr_called_within_step: false,
      _last_lr: [7e-4, 7e-4],
      lr_lambdas: [new Map(), new Map()],
    });
  });

  it('holds the loss scale with fp16', async () => {
    const { folder } = await saved({ fp16: true });
    expect(Object.fromEntries(await load(folder, 'scaler.pt'))).toEqual({
      scale: 131072,
      growth_factor: 2,
      backoff_factor: 0.5,
      growth_interval: 2000,
      _growth_tracker: 17,
    });
  });

  it('holds the state of a schedule that follows a metric, and of SGD', async () => {
    const metric_state = { mode: 'min', best: Infinity, num_bad_epochs: 1, _last_lr: [5e-4, 5e-4], cooldown: 0 };
    const progress = { ...PROGRESS, scheduler: { ...PROGRESS.scheduler, metric_state } };
    const buffers = ['w', 'u', 'b'].map((name, i) => state(`momentum_buffer.${name}`, [i]));
    const { folder } = await saved({ optim: 'sgd', optim_args: 'momentum=0.9' }, [...buffers, UPDATE], progress);
    expect(Object.fromEntries(await load(folder, 'scheduler.pt'))).toEqual(metric_state);
    const optimizer = await load(folder, 'optimizer.pt');
    expect(Object.fromEntries((optimizer.get('param_groups') as Dict[])[0]!)).toMatchObject({
      momentum: 0.9,
      fused: null,
    });
    expect([...(optimizer.get('state') as Map<TorchKey, Dict>).get(2)!.keys()]).toEqual(['momentum_buffer']);
    const plain = await saved({ optim: 'sgd' }, [UPDATE]);
    expect((await load(plain.folder, 'optimizer.pt')).get('state')).toEqual(new Map());
  });

  const ADAFACTOR = [
    state('exp_avg_sq_row.w', [1, 2, 3]),
    state('exp_avg_sq_col.w', [4, 5]),
    state('exp_avg_sq_row.u', [6]),
    state('exp_avg_sq_col.u', [7, 8, 9]),
    state('exp_avg_sq.b', [10, 11]),
  ];
  const stateOfAll = (kind: string) => ['w', 'u', 'b'].map((name, i) => state(`${kind}.${name}`, [i, i + 0.5]));

  it.each([
    [
      'adafactor',
      '',
      ADAFACTOR,
      [
        ['step', 'exp_avg_sq_row', 'exp_avg_sq_col', 'RMS'],
        ['step', 'exp_avg_sq', 'RMS'],
      ],
    ],
    [
      'adagrad',
      'lr_decay=0.1',
      stateOfAll('sum'),
      [
        ['step', 'sum'],
        ['step', 'sum'],
      ],
    ],
    [
      'rmsprop',
      '',
      stateOfAll('square_avg'),
      [
        ['step', 'square_avg'],
        ['step', 'square_avg'],
      ],
    ],
    [
      'rmsprop',
      'momentum=0.9,centered=true',
      [...stateOfAll('square_avg'), ...stateOfAll('momentum_buffer'), ...stateOfAll('grad_avg')],
      Array(2).fill(['step', 'square_avg', 'momentum_buffer', 'grad_avg']),
    ],
    ['lion_32bit', '', stateOfAll('exp_avg'), Array(2).fill(['step', '__bnb_optimizer_quant_state__'])],
  ])('holds the state of %s %s, and is read back to the bit', async (optim, optim_args, tensors, keys) => {
    const { folder, store, manifest } = await saved({ optim, optim_args }, [...tensors, UPDATE]);
    const states = (await load(folder, 'optimizer.pt')).get('state') as Map<TorchKey, Dict>;
    expect([states.get(0)!, states.get(2)!].map((entry) => [...entry.keys()])).toEqual(keys);
    const stored = await store.open(RUN, manifest.checkpointId);
    for (const { name, chunks } of [...tensors, UPDATE]) {
      for await (const bytes of chunks()) expect(await stored.readTensor(OPTIMIZER, name)).toEqual(bytes);
    }
  });

  it.each(['adamw_8bit', 'schedule_free_adamw'])('keeps the state of %s to itself', async (optim) => {
    const codes = { ...state('codes.w', [1, 2]), dtype: 'I32' as const };
    const { folder, store, manifest } = await saved({ optim }, [codes, state('z.b', [1]), UPDATE]);
    expect(await readdir(folder)).not.toContain('optimizer.pt');
    const stored = await store.open(RUN, manifest.checkpointId);
    expect(stored.manifest.tensors.find(({ name }) => name === 'codes.w')).toMatchObject({ dtype: 'I32', shape: [2] });
    expect(numbers(await stored.readTensor(OPTIMIZER, 'codes.w'))).toEqual([1, 2]);
  });

  it('is read back to the bit, without the state lying there twice', async () => {
    const { store, manifest } = await saved({});
    expect(manifest).toMatchObject({ modelOnly: false, step: 4 });
    const stored = await store.open(RUN, manifest.checkpointId);
    for (const source of [...MOMENTS, UPDATE]) {
      const { name, shape } = source;
      for await (const bytes of source.chunks()) expect(await stored.readTensor(OPTIMIZER, name)).toEqual(bytes);
      expect(stored.manifest.tensors.filter((entry) => entry.name === name)).toMatchObject([
        { file: OPTIMIZER, shape },
      ]);
    }
    expect(JSON.parse(await stored.readFile('progress.json'))).toEqual(PROGRESS);
  });

  it('keeps the state in its own file where torch has no such optimizer, or names are missing', async () => {
    const { param_groups: _, ...nameless } = PROGRESS;
    const { store, manifest, folder } = await saved({}, undefined, nameless as Progress);
    expect(await readdir(folder)).not.toContain('optimizer.pt');
    const stored = await store.open(RUN, manifest.checkpointId);
    expect(numbers(await stored.readTensor(OPTIMIZER, 'exp_avg.u'))).toEqual([1, 1.5]);
  });

  it('of which a tensor is missing is not written', async () => {
    await expect(saved({}, [...MOMENTS.slice(1), UPDATE])).rejects.toThrow('The checkpoint lacks exp_avg.w.');
    expect(await readdir(root)).toEqual([]);
  });
});

describe('a checkpoint of transformers', () => {
  const LAYOUT: ForeignRun = {
    paramGroups: [[{ name: 'weight', shape: [3, 5] }], [{ name: 'bias', shape: [3] }]],
    fp16: false,
  };
  beforeEach(async () => {
    for (const file of ['optimizer.pt', 'scheduler.pt'])
      await copyFile(join(fixtureFolder('torch'), file), join(root, file));
    await writeFile(join(root, 'trainer_state.json'), '{"global_step": 3, "epoch": 1.0, "best_metric": NaN}');
  });
  const open = (run: ForeignRun | null = LAYOUT) => openCheckpointFolder(root, RUN, 'checkpoint-3', run);

  it('gives the state under the names of the model', async () => {
    const { manifest, ...stored } = await open();
    expect(manifest).toMatchObject({ step: 3, modelOnly: false });
    expect(manifest.tensors.map(({ name, shape, dtype }) => [name, shape, dtype])).toEqual([
      ['exp_avg.weight', [3, 5], 'F32'],
      ['exp_avg_sq.weight', [3, 5], 'F32'],
      ['exp_avg.bias', [3], 'F32'],
      ['exp_avg_sq.bias', [3], 'F32'],
      ['update_state', [8], 'F32'],
    ]);
    const expected = await load(root, 'optimizer.pt');
    const bias = (expected.get('state') as Map<TorchKey, Dict>).get(1)!.get('exp_avg');
    expect(await stored.readTensor(OPTIMIZER, 'exp_avg.bias')).toEqual(isTensor(bias) && (await readTorchTensor(bias)));
    const update = numbers(await stored.readTensor(OPTIMIZER, 'update_state'));
    expect(update.slice(0, 5)).toEqual([3, Math.fround(1 - 0.9 ** 3), Math.fround(1 - 0.999 ** 3), 1, 0]);
    expect(JSON.parse(await stored.readFile('progress.json'))).toEqual({
      scheduler: { last_epoch: 3, metric_state: null },
      skipped_steps: 0,
    });
  });

  it('starts the loss scale at the first one, or goes on from scaler.pt', async () => {
    const scaleOf = async (): Promise<number[]> =>
      numbers(await (await open({ ...LAYOUT, fp16: true })).readTensor(OPTIMIZER, 'update_state')).slice(3, 5);
    expect(await scaleOf()).toEqual([65536, 0]);
    const scaled = await mkdtemp(join(tmpdir(), 'scaled-'));
    await new FolderCheckpointStore(scaled).save(write({ fp16: true }));
    await copyFile(join(scaled, 'checkpoint-4/scaler.pt'), join(root, 'scaler.pt'));
    await rm(scaled, { recursive: true });
    expect(await scaleOf()).toEqual([131072, 17]);
  });

  it('is a model alone without a run, and where one of the two files is missing', async () => {
    expect((await open(null)).manifest).toMatchObject({ modelOnly: true, tensors: [] });
    await rm(join(root, 'scheduler.pt'));
    expect((await open()).manifest.modelOnly).toBe(true);
  });

  it('gives zeros to a parameter that never had a gradient', async () => {
    const run = { ...LAYOUT, paramGroups: [LAYOUT.paramGroups[0]!, [{ name: 'bias', shape: [2] }]] };
    await copyFile(join(fixtureFolder('torch'), 'untouched.pt'), join(root, 'optimizer.pt'));
    expect(numbers(await (await open(run)).readTensor(OPTIMIZER, 'exp_avg_sq.bias'))).toEqual([0, 0]);
  });

  it('of another model is refused', async () => {
    const run = { ...LAYOUT, paramGroups: [LAYOUT.paramGroups.flat(), []] };
    await expect(open(run)).rejects.toMatchObject({
      code: 'E-CHECKPOINT',
      message: expect.stringContaining(
        'is for 1 and 1 parameters (with and without weight decay); this model has 2 and 0.',
      ),
    });
  });

  it('that is damaged is refused', async () => {
    await writeFile(join(root, 'optimizer.pt'), (await readFile(join(root, 'optimizer.pt'))).subarray(0, 900));
    await expect(open()).rejects.toMatchObject({
      code: 'E-CHECKPOINT',
      message: expect.stringContaining('optimizer.pt'),
    });
    await copyFile(join(fixtureFolder('torch'), 'scheduler.pt'), join(root, 'optimizer.pt'));
    await expect(open()).rejects.toThrow('optimizer.pt, param_groups is not what transformers writes there.');
  });
});
