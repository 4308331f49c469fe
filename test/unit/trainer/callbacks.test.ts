// Callbacks that come and go, what they are handed, and what several of one name keep in a checkpoint.

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CallbackContext, TrainerCallback } from '#trainer/callbacks/trainer-callback.ts';
import type { CallbackState } from '#trainer/trainer-state.ts';
import { line } from '../../setup/linear-regression.ts';
import { openStep, start } from '../../setup/regression-run.ts';

beforeAll(() => tf.setBackend('cpu'));

function counter(name: string, by = 1) {
  let count = 0;
  const callback: TrainerCallback = {
    name,
    onStepEnd: () => {
      count += by;
    },
    exportState: () => ({ args: { by }, attributes: { count } }),
    restoreState: ({ attributes }: CallbackState) => {
      count = Number(attributes['count']);
    },
  };
  return { callback, count: () => count };
}

describe('adding and removing', () => {
  it('an added callback hears what comes after it; a removed one nothing more', async () => {
    const [first, second] = [counter('First'), counter('Second')];
    const { trainer } = start({ arguments: { max_steps: 3, save_strategy: 'no' }, callbacks: [first.callback] });
    trainer.addCallback(second.callback);
    trainer.removeCallback('First');
    await trainer.train();
    expect([first.count(), second.count()]).toEqual([0, 3]);
    expect(trainer.popCallback(second.callback)).toBe(second.callback);
  });

  it('of two with one name the first goes', async () => {
    const [first, second] = [counter('Twin'), counter('Twin')];
    const { trainer } = start({
      arguments: { max_steps: 2, save_strategy: 'no' },
      callbacks: [first.callback, second.callback],
    });
    expect(trainer.popCallback('Twin')).toBe(first.callback);
    await trainer.train();
    expect([first.count(), second.count()]).toEqual([0, 2]);
  });

  it('one that is not there is an error that lists those that are', () => {
    const { trainer } = start({ callbacks: [counter('Known').callback] });
    expect(() => trainer.removeCallback('Unknown')).toThrow(
      expect.objectContaining({
        code: 'E-ARGS',
        message: 'This Trainer has no callback Unknown.',
        hint: 'It has: DefaultFlowCallback, Known.',
      }) as Error,
    );
  });

  it('without the default flow nothing is saved and nothing ends the run early', async () => {
    const { trainer, store } = start({ arguments: { num_train_epochs: 1, max_steps: -1, save_steps: 1 } });
    trainer.removeCallback('DefaultFlowCallback');
    expect((await trainer.train()).globalStep).toBe(2);
    expect(await store.list('run' as never)).toEqual([]);
  });
});

it('hands out what the run is made of, as far as it was made', async () => {
  const heard = new Map<string, CallbackContext>();
  const processingClass = { savedFiles: new Map([['tokenizer.json', '{}']]) };
  const { trainer, model } = start({
    arguments: { max_steps: 2, eval_strategy: 'steps', eval_steps: 1, save_strategy: 'no' },
    evalDataset: line(4),
    processingClass,
    callbacks: [
      {
        name: 'Listener',
        onInitEnd: (context) => void heard.set('init', context),
        onStepEnd: (context) => void heard.set('step', context),
        onEvaluate: (context) => void heard.set('evaluate', context),
      },
    ],
  });
  await trainer.train();
  const nothing = { optimizer: null, lrScheduler: null, trainDataloader: null, evalDataloader: null };
  expect(heard.get('init')).toMatchObject({ model, processingClass, ...nothing });
  const step = heard.get('step')!;
  expect(step.trainDataloader!.length).toBe(2);
  expect(step.lrScheduler!(1)).toBe(0.5);
  expect(step.optimizer!.paramGroups.flatMap(({ parameters }) => [...parameters.keys()])).toEqual(['a', 'b']);
  expect(heard.get('evaluate')!.evalDataloader!.rows).toBe(4);
});

describe('states', () => {
  it('several of one name keep a list, as long as they are many, and take it back in order', async () => {
    const twins = [counter('Twin', 1), counter('Twin', 10)];
    const { trainer, store } = start({ arguments: { max_steps: 3 }, callbacks: twins.map(({ callback }) => callback) });
    await trainer.train();
    const stored = await openStep(store, 3);
    const { stateful_callbacks: saved } = JSON.parse(await stored.readFile('trainer_state.json')) as {
      stateful_callbacks: Record<string, CallbackState[]>;
    };
    expect(saved['Twin']!.map(({ attributes }) => attributes['count'])).toEqual([3, 30]);

    const later = [counter('Twin', 1), counter('Twin', 10)];
    const resumed = start({
      arguments: { max_steps: 4, restore_callback_states_from_checkpoint: true },
      callbacks: later.map(({ callback }) => callback),
    });
    await resumed.trainer.train(stored);
    expect(later.map(({ count }) => count())).toEqual([4, 40]);
  });

  it('a state that nobody takes gives a warning', async () => {
    const { trainer, store } = start({ arguments: { max_steps: 2 }, callbacks: [counter('Gone').callback] });
    await trainer.train();
    const warnings: string[] = [];
    const resumed = start({
      arguments: { max_steps: 3, restore_callback_states_from_checkpoint: true },
      hooks: { onWarning: (message) => void warnings.push(message) },
    });
    await resumed.trainer.train(await openStep(store, 2));
    expect(warnings).toEqual(['The checkpoint holds the state of Gone, which this run does not have.']);
  });
});
