// The loop: what it learns, in which order events come, which batches it takes, what it logs.

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RunId } from '#protocol/ids.ts';
import { MemoryCheckpointStore } from '#storage/memory-checkpoint-store.ts';
import { CALLBACK_EVENTS, type CallbackEvent, type TrainerCallback } from '#trainer/callbacks/trainer-callback.ts';
import { Trainer } from '#trainer/trainer.ts';
import type { TrainerOptions } from '#trainer/trainer-options.ts';
import { argumentsOf, LinearRegression, line } from '../../setup/linear-regression.ts';

beforeAll(() => tf.setBackend('cpu'));

const RUN = 'run' as RunId;

type Given = Partial<TrainerOptions> & { readonly arguments?: Record<string, unknown> };

function start({ arguments: given = {}, ...options }: Given = {}) {
  const model = new LinearRegression();
  const args = argumentsOf(given);
  const trainer = new Trainer({
    model,
    args,
    trainDataset: line(10),
    checkpointStore: new MemoryCheckpointStore(() => 0),
    runId: RUN,
    ...options,
  });
  return { trainer, model };
}

function recorder(events: readonly CallbackEvent[] = CALLBACK_EVENTS): { trace: string[]; callback: TrainerCallback } {
  const trace: string[] = [];
  const heard = Object.fromEntries(
    events.map((event) => [
      event,
      ({ state, control }: { state: { globalStep: number }; control: { shouldTrainingStop: boolean } }) => {
        const stops = event === 'onStepEnd' && control.shouldTrainingStop ? ', stop' : '';
        trace.push(event === 'onStepEnd' ? `onStepEnd(${state.globalStep}${stops})` : event);
      },
    ]),
  );
  return { trace, callback: { name: 'Recorder', ...heard } };
}

describe('learning', () => {
  for (const acceptsLossKwargs of [false, true]) {
    it(`finds a and b${acceptsLossKwargs ? ', by a loss that takes the number of items' : ''}`, async () => {
      const model = new LinearRegression({ acceptsLossKwargs });
      const args = argumentsOf({
        num_train_epochs: 60,
        learning_rate: 0.1,
        gradient_accumulation_steps: 2,
        per_device_train_batch_size: 4,
        max_grad_norm: 0,
      });
      const trainer = new Trainer({ model, args, trainDataset: line(30) });
      const { trainingLoss, globalStep } = await trainer.train();
      expect(globalStep).toBe(240);
      expect(trainingLoss).toBeLessThan(0.3);
      expect(model.values[0]).toBeCloseTo(2, 1);
      expect(model.values[1]).toBeCloseTo(-1, 1);
    });
  }
});

describe('events', () => {
  it('with accumulation over 2 of 3 micro-batches, to step 4', async () => {
    const { trace, callback } = recorder();
    const { trainer } = start({
      arguments: {
        max_steps: 4,
        gradient_accumulation_steps: 2,
        per_device_train_batch_size: 4,
        logging_strategy: 'steps',
        logging_steps: 1,
        eval_strategy: 'steps',
        eval_steps: 3,
        save_strategy: 'steps',
        save_steps: 3,
      },
      evalDataset: line(10),
      callbacks: [callback],
    });
    await trainer.train();
    const whole = ['onStepBegin', 'onSubstepEnd', 'onPreOptimizerStep', 'onOptimizerStep'];
    const short = ['onStepBegin', 'onPreOptimizerStep', 'onOptimizerStep'];
    const evaluated = ['onLog', 'onPredictionStep', 'onPredictionStep', 'onLog', 'onEvaluate', 'onSave'];
    expect(trace).toEqual([
      'onInitEnd',
      'onTrainBegin',
      'onEpochBegin',
      ...whole,
      'onStepEnd(1)',
      'onLog',
      ...short,
      'onStepEnd(2)',
      'onLog',
      'onEpochEnd',
      'onEpochBegin',
      ...whole,
      'onStepEnd(3)',
      ...evaluated,
      ...short,
      'onStepEnd(4, stop)',
      ...evaluated,
      'onEpochEnd',
      'onLog',
      'onTrainEnd',
    ]);
  });

  it("HF's default flow: max_steps 5, logging 3, eval 2, save 3, eval_on_start", async () => {
    const trace: string[] = [];
    const callback: TrainerCallback = {
      name: 'Flow',
      onLog: ({ logs, state }) =>
        void ('loss' in logs!
          ? trace.push(`log ${state.globalStep}`)
          : 'train_loss' in logs!
            ? trace.push('final log')
            : null),
      onEvaluate: ({ state }) => void trace.push(`eval ${state.globalStep}`),
      onSave: ({ state }) => void trace.push(`save ${state.globalStep}`),
    };
    const { trainer } = start({
      arguments: {
        max_steps: 5,
        logging_strategy: 'steps',
        logging_steps: 3,
        eval_strategy: 'steps',
        eval_steps: 2,
        save_strategy: 'steps',
        save_steps: 3,
        eval_on_start: true,
      },
      evalDataset: line(4),
      callbacks: [callback],
    });
    await trainer.train();
    expect(trace).toEqual(['eval 0', 'eval 2', 'log 3', 'save 3', 'eval 4', 'eval 5', 'save 5', 'final log']);
  });

  it('epoch strategies fire at the end of each epoch, evaluations not before eval_delay', async () => {
    const trace: string[] = [];
    const callback: TrainerCallback = {
      name: 'Flow',
      onLog: ({ logs, state }) => void ('loss' in logs! && trace.push(`log ${state.epoch}`)),
      onEvaluate: ({ state }) => void trace.push(`eval ${state.epoch}`),
      onSave: ({ state }) => void trace.push(`save ${state.epoch}`),
    };
    const { trainer } = start({
      arguments: {
        num_train_epochs: 2,
        logging_strategy: 'epoch',
        eval_strategy: 'epoch',
        save_strategy: 'epoch',
        eval_delay: 1.5,
      },
      evalDataset: line(4),
      callbacks: [callback],
    });
    await trainer.train();
    expect(trace).toEqual(['log 1', 'save 1', 'log 2', 'eval 2', 'save 2']);
  });

  it('a callback stops the run, and an epoch', async () => {
    const stopAt3: TrainerCallback = {
      name: 'Stop',
      onStepEnd: ({ state, control }) => {
        control.shouldTrainingStop ||= state.globalStep === 3;
      },
    };
    const { trainer } = start({ arguments: { max_steps: 9 }, callbacks: [stopAt3] });
    expect((await trainer.train()).globalStep).toBe(3);

    const skipRest: TrainerCallback = {
      name: 'Skip',
      onStepEnd: ({ control }) => {
        control.shouldEpochStop = true;
      },
    };
    const skipping = start({
      arguments: { num_train_epochs: 2, per_device_train_batch_size: 4 },
      callbacks: [skipRest],
    });
    expect((await skipping.trainer.train()).globalStep).toBe(2);
    // The epoch is not rounded up: two thirds of the second one were never seen.
    expect(skipping.trainer.state.epoch).toBeCloseTo(1 + 1 / 3, 12);
  });

  it('flags set from outside act between two steps', async () => {
    const saved: number[] = [];
    const { trainer } = start({
      arguments: { max_steps: 4 },
      callbacks: [{ name: 'Saves', onSave: ({ state }) => void saved.push(state.globalStep) }],
      hooks: {
        betweenSteps: async (act) => {
          if (trainer.state.globalStep !== 2) return;
          trainer.control.shouldSave = true;
          await act();
        },
      },
    });
    await trainer.train();
    expect(saved).toEqual([2]);
  });
});

describe('steps', () => {
  it('20 rows, batches of 4, accumulation 2, 1.5 epochs: 5 steps to epoch 1.8', async () => {
    const { trainer, model } = start({
      arguments: { num_train_epochs: 1.5, per_device_train_batch_size: 4, gradient_accumulation_steps: 2 },
      trainDataset: line(20),
    });
    const { globalStep } = await trainer.train();
    expect(globalStep).toBe(5);
    expect(trainer.state).toMatchObject({ epoch: 1.8, maxSteps: 5, numTrainEpochs: 2 });
    expect(model.seen.length).toBe(9);
  });

  it('drops the batch that is not full', async () => {
    const { trainer, model } = start({
      arguments: { num_train_epochs: 2, per_device_train_batch_size: 4, dataloader_drop_last: true },
    });
    expect((await trainer.train()).globalStep).toBe(4);
    expect(model.seen.map((batch) => batch['x']!.data.length)).toEqual([4, 4, 4, 4]);
  });
});

/** Rows of every batch a run saw. */
async function rowsSeen(given: Record<string, unknown>): Promise<number[][]> {
  const model = new LinearRegression();
  const args = argumentsOf({
    per_device_train_batch_size: 4,
    gradient_accumulation_steps: 2,
    num_train_epochs: 2,
    remove_unused_columns: false,
    ...given,
  });
  await new Trainer({ model, args, trainDataset: line(10) }).train();
  return model.seen.map((batch) => [...batch['row']!.data]);
}

describe('data order', () => {
  const SEED_42 = [
    [2, 6, 1, 8],
    [4, 5, 0, 9],
    [3, 7],
    [8, 4, 9, 0],
    [5, 1, 6, 7],
    [2, 3],
  ];
  it("is torch's: seed 42", async () => expect(await rowsSeen({})).toEqual(SEED_42));
  it('follows data_seed where one is given', async () => {
    expect(await rowsSeen({ seed: 1, data_seed: 42 })).toEqual(SEED_42);
    expect(await rowsSeen({ seed: 42, data_seed: 43 })).not.toEqual(SEED_42);
    expect((await rowsSeen({ seed: 42, data_seed: 43 }))[0]).toEqual([8, 4, 9, 0]);
  });
  it('can be the order of the file', async () => {
    const order = [
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ];
    expect(await rowsSeen({ train_sampling_strategy: 'sequential' })).toEqual([...order, ...order]);
  });
  it('leaves out columns that the model does not read, unless told to keep them', async () => {
    const { trainer, model } = start({ arguments: { max_steps: 1 } });
    await trainer.train();
    expect(Object.keys(model.seen[0]!)).toEqual(['x', 'labels']);
  });
});

describe('log', () => {
  it('has keys in HF order, and the rate of the step just taken', async () => {
    const { trainer } = start({
      arguments: {
        max_steps: 4,
        warmup_steps: 2,
        learning_rate: 0.1,
        logging_strategy: 'steps',
        logging_steps: 1,
        per_device_train_batch_size: 4,
      },
    });
    await trainer.train();
    const { logHistory } = trainer.state;
    expect(Object.keys(logHistory[0]!)).toEqual(['loss', 'grad_norm', 'learning_rate', 'epoch', 'step']);
    expect(logHistory.slice(0, 4).map((entry) => entry['learning_rate'])).toEqual([0, 0.05, 0.1, 0.05]);
    expect(logHistory.slice(0, 4).map(({ epoch, step }) => [epoch, step])).toEqual([
      [1 / 3, 1],
      [2 / 3, 2],
      [1, 3],
      [1 + 1 / 3, 4],
    ]);
    expect(Object.keys(logHistory[4]!)).toEqual([
      'train_runtime',
      'train_samples_per_second',
      'train_steps_per_second',
      'total_flos',
      'train_loss',
      'epoch',
      'step',
    ]);
    expect(logHistory[4]!['total_flos']).toBe(6 * (4 + 4 + 2 + 4));
  });

  it('the first warm-up step changes nothing', async () => {
    const { trainer, model } = start({ arguments: { max_steps: 1, warmup_steps: 2, learning_rate: 0.1 } });
    await trainer.train();
    expect(model.values).toEqual([0, 0]);
  });

  it('loss is the mean over the updates since the last log, grad_norm that of the last one', async () => {
    const per = (logging_steps: number) =>
      start({
        arguments: {
          max_steps: 4,
          learning_rate: 0.05,
          logging_strategy: 'steps',
          logging_steps,
          per_device_train_batch_size: 5,
        },
      });
    const [each, pairs] = [per(1), per(2)];
    await each.trainer.train();
    await pairs.trainer.train();
    const of = (run: typeof each, key: string) =>
      run.trainer.state.logHistory.filter((entry) => 'loss' in entry).map((entry) => entry[key] as number);
    const [l1, l2, l3, l4] = of(each, 'loss') as [number, number, number, number];
    expect(of(pairs, 'loss')).toEqual([expect.closeTo((l1 + l2) / 2, 6), expect.closeTo((l3 + l4) / 2, 6)]);
    expect(of(pairs, 'grad_norm')).toEqual([of(each, 'grad_norm')[1], of(each, 'grad_norm')[3]]);
    const final = pairs.trainer.state.logHistory.at(-1)!;
    expect(final['train_loss']).toBeCloseTo((l1 + l2 + l3 + l4) / 4, 6);
  });

  it('logs the first step when asked', async () => {
    const { trainer } = start({
      arguments: { max_steps: 3, logging_strategy: 'steps', logging_steps: 3, logging_first_step: true },
    });
    await trainer.train();
    expect(trainer.state.logHistory.filter((entry) => 'loss' in entry).map(({ step }) => step)).toEqual([1, 3]);
  });
});

/** A model whose third training loss is no number; its gradients stay sound. */
class OnceNan extends LinearRegression {
  #calls = 0;
  override forward(...given: Parameters<LinearRegression['forward']>) {
    const output = super.forward(...given);
    this.#calls += 1;
    return this.#calls === 3 ? { ...output, loss: tf.add(output.loss!, Number.NaN).asScalar() } : output;
  }
}

describe('a loss that is no number', () => {
  const losses = async (filter: boolean, model: LinearRegression) => {
    const { trainer } = start({
      model,
      arguments: {
        max_steps: 6,
        learning_rate: 0.01,
        logging_strategy: 'steps',
        logging_steps: 2,
        logging_nan_inf_filter: filter,
        per_device_train_batch_size: 5,
      },
    });
    await trainer.train();
    return trainer.state.logHistory.filter((entry) => 'loss' in entry).map((entry) => entry['loss'] as number);
  };

  it('shows without the filter, in its own window only', async () => {
    const [clean, broken] = [await losses(false, new LinearRegression()), await losses(false, new OnceNan())];
    expect(broken[1]).toBeNaN();
    expect([broken[0], broken[2]]).toEqual([clean[0], clean[2]]);
  });

  it('counts as the mean so far with the filter: nothing, when it is the first of its window', async () => {
    const [clean, filtered] = [await losses(true, new LinearRegression()), await losses(true, new OnceNan())];
    expect([filtered[0], filtered[2]]).toEqual([clean[0], clean[2]]);
    expect(filtered[1]).toBeGreaterThan(0);
    expect(filtered[1]).toBeLessThan(clean[1]!);
  });
});
