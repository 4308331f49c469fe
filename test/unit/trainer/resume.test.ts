// A run that goes on from a checkpoint, and a Trainer that is used twice or not at all.

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeParamGroups } from '#optim/optimizer.ts';
import { Sgd } from '#optim/sgd.ts';
import { OPTIMIZERS } from '#protocol/optimizer-settings.ts';
import type { CheckpointStore } from '#storage/checkpoint-store.ts';
import { MemoryCheckpointStore } from '#storage/memory-checkpoint-store.ts';
import { EarlyStoppingCallback } from '#trainer/callbacks/early-stopping-callback.ts';
import { Trainer } from '#trainer/trainer.ts';
import { argumentsOf, LinearRegression, line } from '../../setup/linear-regression.ts';
import { BEST, losses, namesIn, openStep, RUN, scripted, start } from '../../setup/regression-run.ts';
import { tinyBert, tokenRows } from '../../setup/tiny-bert.ts';

beforeAll(() => tf.setBackend('cpu'));

const closeTo = (value: number): number => expect.closeTo(value, 12) as number;

describe('resume', () => {
  async function bertRun(store: CheckpointStore, given: Record<string, unknown> = {}) {
    const args = argumentsOf({
      max_steps: 12,
      learning_rate: 1e-3,
      warmup_steps: 2,
      per_device_train_batch_size: 4,
      save_strategy: 'steps',
      save_steps: 3,
      logging_strategy: 'steps',
      logging_steps: 2,
      ...given,
    });
    const model = await tinyBert();
    // 14 rows: an epoch has 4 updates, so that step 3 lies inside one and step 8 at a boundary.
    return {
      model,
      trainer: new Trainer({ model, args, trainDataset: tokenRows(14), checkpointStore: store, runId: RUN }),
    };
  }
  const weights = (model: Awaited<ReturnType<typeof tinyBert>>) =>
    [...model.namedParameters().values()].map(({ variable }) => [...variable.dataSync()]);

  it.each([
    [3, 12],
    [8, 12],
    [20, 40],
  ])(
    'from step %i of %i a BERT with dropout repeats the run bit for bit',
    async (step, max_steps) => {
      const store = new MemoryCheckpointStore(() => 0);
      const whole = await bertRun(store, { save_steps: step, max_steps });
      await whole.trainer.train();
      const resumed = await bertRun(new MemoryCheckpointStore(() => 0), { save_steps: step, max_steps });
      await resumed.trainer.train(await openStep(store, step));
      expect(weights(resumed.model)).toEqual(weights(whole.model));
      const later = (entries: ReturnType<typeof losses>) => entries.filter((entry) => entry.step > step + 1);
      expect(later(losses(resumed.trainer)).length).toBeGreaterThan(1);
      expect(later(losses(resumed.trainer))).toEqual(later(losses(whole.trainer)));
    },
    60_000,
  );

  it.each(OPTIMIZERS)('%s repeats the run bit for bit, whether or not anything is saved on the way', async (optim) => {
    const store = new MemoryCheckpointStore(() => 0);
    const given = {
      optim,
      optim_args: optim === 'rmsprop' ? 'momentum=0.5,centered=true' : null,
      weight_decay: 0.1,
      max_steps: 5,
      save_steps: 2,
    };
    const whole = await bertRun(store, given);
    await whole.trainer.train();
    const resumed = await bertRun(new MemoryCheckpointStore(() => 0), { ...given, save_strategy: 'no' });
    await resumed.trainer.train(await openStep(store, 2));
    expect(weights(resumed.model)).toEqual(weights(whole.model));
  });

  it('schedule-free AdamW saves, evaluates and ends with averaged weights, and trains as if it did not', async () => {
    const given = { optim: 'schedule_free_adamw', lr_scheduler_type: 'constant', max_steps: 6, learning_rate: 1e-2 };
    const stores = [1, 2].map(() => new MemoryCheckpointStore(() => 0));
    const often = await bertRun(stores[0]!, { ...given, save_steps: 1 });
    const never = await bertRun(stores[1]!, { ...given, save_strategy: 'no' });
    const trained: number[][] = [];
    const watch = { name: 'Watch', onStepEnd: () => void trained.push(weights(often.model)[0]!) };
    const trainer = new Trainer({
      model: often.model,
      args: often.trainer.args,
      trainDataset: tokenRows(14),
      checkpointStore: stores[0]!,
      runId: RUN,
      callbacks: [watch],
    });
    await trainer.train();
    await never.trainer.train();
    expect(weights(often.model)).toEqual(weights(never.model));
    expect(weights(often.model)[0]).not.toEqual(trained.at(-1));
    const [name] = [...often.model.namedParameters().keys()];
    const saved = await (await openStep(stores[0]!, 6)).readTensor('model.safetensors', name!);
    expect([...new Float32Array(saved.buffer)]).toEqual(weights(often.model)[0]);
  });

  it('each forward pass of an update and of a run drops other elements', async () => {
    const given = { max_steps: 2, gradient_accumulation_steps: 2, learning_rate: 0, per_device_train_batch_size: 1 };
    const distinct = async (config: Record<string, number>): Promise<number> => {
      // Two equal rows: without dropout every loss is the same.
      const row = tokenRows(1).get(0);
      const trainDataset = { length: 2, columnNames: Object.keys(row), get: () => row };
      const seen: number[] = [];
      const hooks = { onUpdate: ({ losses: each }: { losses: readonly number[] }) => void seen.push(...each) };
      const args = argumentsOf({ ...given });
      await new Trainer({ model: await tinyBert(config), args, trainDataset, hooks }).train();
      return new Set(seen).size;
    };
    expect(await distinct({})).toBe(4);
    expect(await distinct({ hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 })).toBe(1);
  }, 60_000);

  it('the same weights do not come without the dropout key', { timeout: 60_000 }, async () => {
    const seeds = await Promise.all(
      [1, 2].map(async (seed) => {
        const { trainer, model } = await bertRun(new MemoryCheckpointStore(() => 0), {
          seed,
          data_seed: 5,
          max_steps: 2,
          save_strategy: 'no',
        });
        await trainer.train();
        return weights(model);
      }),
    );
    expect(seeds[0]).not.toEqual(seeds[1]);
  });

  it('train(true) takes the latest checkpoint; past the end nothing is trained', async () => {
    const { trainer, store, model } = start({
      arguments: { max_steps: 4, save_steps: 3, logging_strategy: 'steps', logging_steps: 1 },
    });
    await trainer.train();
    const trained = model.values;
    const again = start({ checkpointStore: store, arguments: { max_steps: 4, save_steps: 3 } });
    const output = await again.trainer.train(true);
    expect(output).toMatchObject({ globalStep: 4, trainingLoss: 0 });
    expect(again.model.values).toEqual(trained);
  });

  it('loads the best model also when the checkpoint was the last step', async () => {
    const first = start({ arguments: BEST, computeMetrics: scripted([1, 5, 2, 3, 4]) });
    await first.trainer.train();
    const again = start({ checkpointStore: first.store, arguments: BEST, computeMetrics: scripted([]) });
    await again.trainer.train(true);
    expect(again.model.values).toEqual(first.model.values);
    expect(again.trainer.state.bestModelCheckpoint).toBe('checkpoint-2');
  });

  it("train_loss is this session's mean", async () => {
    const { trainer, store } = start({
      arguments: { max_steps: 6, save_steps: 3, logging_strategy: 'steps', logging_steps: 1 },
    });
    await trainer.train();
    const last = losses(trainer)
      .slice(3)
      .map((entry) => entry['loss'] as number);
    const resumed = start({
      arguments: { max_steps: 6, save_steps: 3 },
    });
    const { trainingLoss } = await resumed.trainer.train(await openStep(store, 3));
    expect(trainingLoss).toBeCloseTo(last.reduce((sum, loss) => sum + loss, 0) / 3, 6);
  });

  it('honours new logging, evaluation and save steps', async () => {
    const { trainer, store } = start({
      arguments: { max_steps: 6, save_steps: 3, logging_strategy: 'steps', logging_steps: 3 },
    });
    await trainer.train();
    const resumed = start({
      arguments: { max_steps: 6, save_steps: 1, logging_strategy: 'steps', logging_steps: 1 },
    });
    await resumed.trainer.train(await openStep(store, 3));
    expect(losses(resumed.trainer).map(({ step }) => step)).toEqual([3, 4, 5, 6]);
    expect(await namesIn(resumed.store)).toEqual(['checkpoint-4', 'checkpoint-5', 'checkpoint-6']);
    expect(resumed.trainer.state).toMatchObject({ loggingSteps: 1, saveSteps: 1 });
  });

  it('ignore_data_skip begins the epoch anew and still stops at max_steps', async () => {
    const rows = async (ignore_data_skip: boolean) => {
      const given = {
        max_steps: 5,
        save_steps: 2,
        per_device_train_batch_size: 4,
        remove_unused_columns: false,
        ignore_data_skip,
      };
      const { trainer, store } = start({ arguments: given });
      await trainer.train();
      const resumed = start({ arguments: given });
      await resumed.trainer.train(await openStep(store, 2));
      return { rows: resumed.model.seen.map((batch) => batch['row']!.data[0]), epoch: resumed.trainer.state.epoch };
    };
    expect(await rows(false)).toEqual({ rows: [3, 8, 5], epoch: 1 + 2 / 3 });
    expect(await rows(true)).toEqual({ rows: [2, 4, 3], epoch: 1 });
  });

  it('restores callbacks only when asked', async () => {
    const run = async (restore: boolean) => {
      const given = { ...BEST, max_steps: 9, restore_callback_states_from_checkpoint: restore };
      const first = start({
        arguments: { ...given, max_steps: 3 },
        computeMetrics: scripted([5, 1, 1]),
        callbacks: [new EarlyStoppingCallback({ patience: 4 })],
      });
      await first.trainer.train();
      const second = start({
        arguments: given,
        computeMetrics: scripted([1, 1, 1, 1, 1, 1]),
        callbacks: [new EarlyStoppingCallback({ patience: 4 })],
      });
      return (await second.trainer.train(await openStep(first.store, 3))).globalStep;
    };
    expect(await run(true)).toBe(5);
    expect(await run(false)).toBe(7);
  });

  it('a checkpoint of weights only starts the optimizer and the schedule anew', async () => {
    const given = { max_steps: 4, save_steps: 2, logging_strategy: 'steps', logging_steps: 1 };
    const { trainer, store } = start({ arguments: { ...given, save_only_model: true } });
    await trainer.train();
    const resumed = start({ arguments: given });
    await resumed.trainer.train(await openStep(store, 2));
    expect(losses(resumed.trainer).map((entry) => entry['learning_rate'])).toEqual([
      0.1,
      closeTo(0.075),
      0.1,
      closeTo(0.075),
    ]);
    await expect(start({ checkpointStore: store }).trainer.train(true)).rejects.toMatchObject({
      code: 'E-CHECKPOINT',
      message: 'There is no checkpoint to resume from.',
    });
  });

  it('refuses a checkpoint of another model, and of another optimizer', async () => {
    const { trainer, store } = start({ arguments: { optim: 'sgd', max_steps: 1 } });
    await trainer.train();
    const stored = await openStep(store, 1);
    await expect(start().trainer.train(stored)).rejects.toMatchObject({
      code: 'E-CHECKPOINT',
      message: 'The checkpoint lacks exp_avg.a; this run needs [1].',
    });
    const bert = await bertRun(new MemoryCheckpointStore(() => 0));
    await expect(bert.trainer.train(stored)).rejects.toMatchObject({
      code: 'E-CHECKPOINT',
      where: 'bert.embeddings.word_embeddings.weight',
    });
  });
});

describe('modelInit', () => {
  it('makes a new model, optimizer and schedule at each train()', async () => {
    const made: LinearRegression[] = [];
    const modelInit = () => {
      const model = new LinearRegression();
      made.push(model);
      return model;
    };
    const args = argumentsOf({ max_steps: 3, learning_rate: 0.1 });
    const trainer = new Trainer({ modelInit, args, trainDataset: line(10) });
    expect(() => trainer.model).toThrow('call that first');
    await trainer.train();
    await trainer.train();
    expect(made).toHaveLength(2);
    expect(made[1]!.values).toEqual(made[0]!.values);
  });

  it('without it a second train() goes on with the same weights and moments', async () => {
    const { trainer, model } = start({ arguments: { max_steps: 3, save_strategy: 'no' } });
    await trainer.train();
    const first = model.values;
    await trainer.train();
    expect(trainer.state.globalStep).toBe(3);
    expect(model.values).not.toEqual(first);
  });
});

describe("parts of one's own", () => {
  it('an optimizer and a schedule take the place of those the arguments name', async () => {
    const model = new LinearRegression();
    const groups = makeParamGroups(model.namedParameters(), 0);
    const sgd = new Sgd(groups, { momentum: 0, dampening: 0, nesterov: false });
    const given = { max_steps: 2, learning_rate: 0.5, max_grad_norm: 0, logging_strategy: 'steps', logging_steps: 1 };
    const one = { length: 1, columnNames: ['x', 'label'], get: () => ({ x: 1.5, label: 0.5 }) };
    const trainer = new Trainer({
      model,
      args: argumentsOf(given),
      trainDataset: one,
      optimizers: [sgd, (completed) => 1 / (completed + 1)],
    });
    await trainer.train();
    // Error -0.5, gradients -1.5 and -1 at rate 0.5; then error 1.125, gradients 3.375 and 2.25 at rate 0.25.
    expect(model.values).toEqual([0.75 - 0.25 * 3.375, 0.5 - 0.25 * 2.25]);
    expect(losses(trainer).map((entry) => entry['learning_rate'])).toEqual([0.5, 0.25]);
  });

  it('a collator makes the batches, and the files of a processing class go into checkpoints', async () => {
    const collator = {
      collate: (examples: readonly Record<string, unknown>[]) => ({
        x: { data: Float32Array.from(examples, () => 1), shape: [examples.length] },
        labels: { data: Float32Array.from(examples, () => 3), shape: [examples.length] },
      }),
    };
    const processingClass = { savedFiles: new Map([['tokenizer.json', '{"kept": true}']]) };
    const { trainer, model, store } = start({ arguments: { max_steps: 1 }, dataCollator: collator, processingClass });
    await trainer.train();
    expect([...model.seen[0]!['x']!.data]).toEqual(Array.from({ length: 8 }, () => 1));
    expect(await (await openStep(store, 1)).readFile('tokenizer.json')).toBe('{"kept": true}');
  });
});

describe('construction', () => {
  const model = new LinearRegression();
  it.each([
    ['neither model nor modelInit', { args: argumentsOf({}) }, 'exactly one of model and modelInit'],
    ['both', { args: argumentsOf({}), model, modelInit: () => model }, 'exactly one of model and modelInit'],
    [
      'evaluation without data',
      { args: argumentsOf({ eval_strategy: 'epoch' }), model },
      'there is no evaluation data',
    ],
    ['saving without a store', { args: argumentsOf({ save_strategy: 'steps' }), model }, 'nowhere to save'],
    [
      'the best model without a metric',
      { args: { ...argumentsOf({}), saveStrategy: 'best' as const }, model },
      'needs metric_for_best_model',
    ],
  ])('refuses %s', (_name, options, message) => {
    expect(() => new Trainer(options)).toThrow(
      expect.objectContaining({ code: 'E-ARGS', message: expect.stringContaining(message) as string }) as Error,
    );
  });
  it('train() without data says so', async () => {
    await expect(new Trainer({ model, args: argumentsOf({}) }).train()).rejects.toMatchObject({
      message: 'There is no training data.',
    });
  });
});
