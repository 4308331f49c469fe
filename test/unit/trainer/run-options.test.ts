// Arguments that change what a run reads, counts and does when memory runs out.

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Dataset, InMemoryDataset } from '#data/dataset.ts';
import type { ForwardOptions, ModelOutput } from '#nn/trainable-model.ts';
import { MemoryCheckpointStore } from '#storage/memory-checkpoint-store.ts';
import { Trainer } from '#trainer/trainer.ts';
import type { LossPlace } from '#trainer/training-session.ts';
import type { Batch } from '#util/nd-array.ts';
import { StudioError } from '#util/studio-error.ts';
import { argumentsOf, LinearRegression, line } from '../../setup/linear-regression.ts';
import { losses, openStep, RUN, start } from '../../setup/regression-run.ts';
import { tinyBert, tokenRows } from '../../setup/tiny-bert.ts';

beforeAll(() => tf.setBackend('cpu'));

const LOGGED = { logging_strategy: 'steps', logging_steps: 1, save_strategy: 'no' };

describe('group_by_length', () => {
  const rows = new InMemoryDataset(
    [5, 9, 3, 7, 12, 4, 8, 6, 2, 11, 10, 1].map((length, i) => ({
      x: i,
      label: 0,
      length,
      tokens: Array(13 - length),
    })),
  );
  const order = async (given: Record<string, unknown>, dataset: Dataset = rows): Promise<number[]> => {
    const model = new LinearRegression();
    const args = argumentsOf({
      train_sampling_strategy: 'group_by_length',
      per_device_train_batch_size: 1,
      gradient_accumulation_steps: 2,
      num_train_epochs: 1,
      learning_rate: 0,
      ...given,
    });
    await new Trainer({ model, args, trainDataset: dataset }).train();
    return model.seen.map((batch) => batch['x']!.data[0]!);
  };

  it("takes HF's order, an update's rows being a batch", async () => {
    expect(await order({})).toEqual([4, 8, 1, 7, 0, 2, 10, 11, 6, 3, 9, 5]);
  });
  it('reads another column, and its own seed', async () => {
    expect(await order({ data_seed: 7 })).not.toEqual(await order({}));
    const renamed = new InMemoryDataset(
      Array.from({ length: 12 }, (_, i) => ({ x: i, label: 0, words: (rows.get(i) as { length: number }).length })),
    );
    expect(await order({ length_column_name: 'words' }, renamed)).toEqual(await order({}));
  });
  it('names the row without a length', async () => {
    await expect(order({ length_column_name: 'words' })).rejects.toThrow('Row 1 has no length to group rows by.');
  });
  it('without the column, counts what the model reads first', async () => {
    const model = await tinyBert();
    const args = argumentsOf({ train_sampling_strategy: 'group_by_length', max_steps: 1 });
    await expect(new Trainer({ model, args, trainDataset: tokenRows(8) }).train()).resolves.toMatchObject({
      globalStep: 1,
    });
  });
});

describe('include_num_input_tokens_seen', () => {
  const run = async (
    counted: unknown,
    given: Record<string, unknown> = {},
    store = new MemoryCheckpointStore(() => 0),
  ) => {
    const args = argumentsOf({
      ...LOGGED,
      include_num_input_tokens_seen: counted,
      per_device_train_batch_size: 4,
      gradient_accumulation_steps: 2,
      max_steps: 2,
      train_sampling_strategy: 'sequential',
      ...given,
    });
    const model = await tinyBert();
    return new Trainer({ model, args, trainDataset: tokenRows(16), checkpointStore: store, runId: RUN });
  };

  it.each([
    ['all', 128],
    [true, 128],
    // Of every four rows 8, 7, 6 and 5 tokens count.
    ['non_padding', 104],
  ])('%s', async (counted, tokens) => {
    const trainer = await run(counted);
    await trainer.train();
    expect(trainer.state.numInputTokensSeen).toBe(tokens);
    expect(losses(trainer).map((entry) => entry['num_input_tokens_seen'])).toEqual([tokens / 2, tokens]);
    expect(Object.keys(losses(trainer)[0]!)).toEqual(
      'loss grad_norm learning_rate epoch num_input_tokens_seen train_runtime train_tokens_per_second step'.split(' '),
    );
    expect(trainer.state.logHistory.at(-1)).toMatchObject({ num_input_tokens_seen: tokens });
    expect(trainer.state.logHistory.at(-1)).not.toHaveProperty('train_tokens_per_second');
  });

  it('no: neither counted nor logged', async () => {
    for (const counted of ['no', false]) {
      const trainer = await run(counted);
      await trainer.train();
      expect(trainer.state.numInputTokensSeen).toBe(0);
      expect(losses(trainer)[0]).not.toHaveProperty('num_input_tokens_seen');
    }
  });

  it('goes on counting after a resume, and its rate is that of the session', async () => {
    const store = new MemoryCheckpointStore(() => 0);
    await (await run('all', { save_strategy: 'steps', save_steps: 1 }, store)).train();
    const resumed = await run('all', { max_steps: 3, gradient_accumulation_steps: 1 }, store);
    await resumed.train(await openStep(store, 2));
    expect(resumed.state.numInputTokensSeen).toBe(160);
    const last = losses(resumed).at(-1)!;
    expect(last['train_tokens_per_second']).toBeCloseTo(32 / Number(last['train_runtime']), 0);
  });
});

describe('a loss that is no finite number', () => {
  it.each([true, false])('is told once, with its step and rows; filter %s', async (logging_nan_inf_filter) => {
    const told: LossPlace[] = [];
    const rows = Array.from({ length: 12 }, (_, i) => ({ x: i === 6 || i === 9 ? Number.NaN : i / 12, label: i }));
    const { trainer } = start({
      arguments: {
        ...LOGGED,
        logging_nan_inf_filter,
        max_steps: 3,
        per_device_train_batch_size: 2,
        gradient_accumulation_steps: 2,
        learning_rate: 0,
        train_sampling_strategy: 'sequential',
      },
      trainDataset: new InMemoryDataset(rows),
      hooks: { onNonFiniteLoss: (place) => void told.push(place) },
    });
    await trainer.train();
    expect(told).toEqual([{ step: 2, rows: [6, 7] }]);
  });
});

/** Has memory for so many rows at once. */
class SmallRegression extends LinearRegression {
  readonly sizes: number[] = [];
  readonly #room: number;
  readonly #failFrom: number;

  constructor(room: number, failFrom = 0) {
    super({ a: 0.5, b: 0.25 });
    this.#room = room;
    this.#failFrom = failFrom;
  }

  override forward(batch: Batch, options: ForwardOptions): ModelOutput {
    const rows = batch['x']!.data.length;
    this.sizes.push(rows);
    if (rows > this.#room && this.sizes.length > this.#failFrom)
      throw new StudioError('E-GPU-MEMORY', 'The GPU ran out of memory: a test.', {});
    return super.forward(batch, options);
  }
}

describe('auto_find_batch_size', () => {
  const ARGUMENTS = {
    ...LOGGED,
    auto_find_batch_size: true,
    per_device_train_batch_size: 6,
    max_steps: 4,
    optim: 'adafactor',
  };

  it("goes down by HF's rule and starts again from the first weights", async () => {
    const changes: unknown[] = [];
    // The first two updates fit: their weights must be forgotten.
    const model = new SmallRegression(3, 2);
    const { trainer } = start({
      model,
      arguments: ARGUMENTS,
      hooks: { onBatchSize: (change) => void changes.push(change) },
    });
    await trainer.train();
    expect(changes).toEqual([
      { from: 6, to: 5 },
      { from: 5, to: 4 },
      { from: 4, to: 3 },
    ]);
    const fitting = start({
      model: new SmallRegression(3),
      arguments: { ...ARGUMENTS, per_device_train_batch_size: 3 },
    });
    await fitting.trainer.train();
    expect(model.values).toEqual((fitting.trainer.model as LinearRegression).values);
    expect(losses(trainer)).toEqual(losses(fitting.trainer));
    expect(trainer.state.trainBatchSize).toBe(3);
    expect(trainer.args.perDeviceTrainBatchSize).toBe(6);
  });

  it('a resumed run takes the size that was found', async () => {
    const store = new MemoryCheckpointStore(() => 0);
    const given = { ...ARGUMENTS, save_strategy: 'steps', save_steps: 2 };
    await start({ model: new SmallRegression(4), checkpointStore: store, arguments: given }).trainer.train();
    const model = new SmallRegression(4);
    await start({ model, checkpointStore: store, arguments: given }).trainer.train(await openStep(store, 2));
    expect(Math.max(...model.sizes)).toBe(4);
  });

  it('gives up when not even one row fits, when it was not asked for, and in an evaluation', async () => {
    const model = new SmallRegression(0);
    await expect(start({ model, arguments: ARGUMENTS }).trainer.train()).rejects.toThrow('ran out of memory');
    expect(model.sizes).toEqual([6, 5, 4, 3, 2, 1]);
    const once = new SmallRegression(0);
    await expect(
      start({ model: once, arguments: { ...ARGUMENTS, auto_find_batch_size: false } }).trainer.train(),
    ).rejects.toThrow('ran out of memory');
    expect(once.sizes).toEqual([6]);
    const evaluated = new SmallRegression(6);
    const evaluation = { eval_strategy: 'steps', eval_steps: 2, per_device_eval_batch_size: 8 };
    await expect(
      start({ model: evaluated, arguments: { ...ARGUMENTS, ...evaluation }, evalDataset: line(8) }).trainer.train(),
    ).rejects.toThrow('ran out of memory');
    expect(evaluated.sizes.filter((rows) => rows === 8)).toHaveLength(1);
  });
});
