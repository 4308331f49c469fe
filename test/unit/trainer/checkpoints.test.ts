// Checkpoints of a run: what they hold, which are kept, and what happens when storage refuses.

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { CheckpointWrite } from '#storage/checkpoint-store.ts';
import { MemoryCheckpointStore } from '#storage/memory-checkpoint-store.ts';
import { StudioError } from '#util/studio-error.ts';
import { LinearRegression } from '../../setup/linear-regression.ts';
import { BEST, namesIn, openStep, RUN, scripted, start } from '../../setup/regression-run.ts';

beforeAll(() => tf.setBackend('cpu'));

describe('a checkpoint', () => {
  it('holds weights, optimizer, state and arguments', async () => {
    const { trainer, store } = start({ arguments: { save_steps: 2, max_steps: 4 } });
    await trainer.train();
    expect(await namesIn(store)).toEqual(['checkpoint-2', 'checkpoint-4']);
    const { manifest } = await openStep(store, 2);
    expect(manifest).toMatchObject({ step: 2, epoch: 1, modelOnly: false, isBest: false });
    expect(manifest.tensors.map(({ file, name }) => `${file}: ${name}`)).toEqual([
      'model.safetensors: a',
      'model.safetensors: b',
      'optimizer.safetensors: exp_avg.a',
      'optimizer.safetensors: exp_avg.b',
      'optimizer.safetensors: exp_avg_sq.a',
      'optimizer.safetensors: exp_avg_sq.b',
      'optimizer.safetensors: update_state',
    ]);
    expect([...manifest.files].sort()).toEqual([
      'config.json',
      'progress.json',
      'trainer_state.json',
      'training_args.json',
    ]);
    expect(JSON.parse(await (await openStep(store, 2)).readFile('trainer_state.json'))).toMatchObject({
      global_step: 2,
      stateful_callbacks: {
        TrainerControl: { args: { should_save: true, should_training_stop: false }, attributes: {} },
      },
    });
    expect(JSON.parse(await (await openStep(store, 2)).readFile('training_args.json'))).toMatchObject({
      max_steps: 4,
      learning_rate: 0.1,
    });
  });

  it('is weights alone with save_only_model', async () => {
    const { trainer, store } = start({ arguments: { save_only_model: true, max_steps: 1 } });
    await trainer.train();
    const { manifest } = await openStep(store, 1);
    expect(manifest.modelOnly).toBe(true);
    expect(manifest.tensors.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(manifest.files).not.toContain('progress.json');
  });

  it('carries the numbers of an evaluation at its step, lists apart', async () => {
    const computeMetrics = () => ({ score: 0.5, confusion_matrix: [[1]] });
    const { trainer, store } = start({ arguments: { ...BEST, max_steps: 1 }, computeMetrics });
    await trainer.train();
    const { metrics, isBest } = (await openStep(store, 1)).manifest;
    expect(Object.keys(metrics).sort()).toEqual([
      'eval_loss',
      'eval_runtime',
      'eval_samples_per_second',
      'eval_score',
      'eval_steps_per_second',
    ]);
    expect(isBest).toBe(true);
  });

  it('saveModel() writes the model under the name final', async () => {
    const { trainer, store, model } = start({ arguments: { max_steps: 2, save_strategy: 'no' } });
    await trainer.train();
    await trainer.saveModel();
    expect(await namesIn(store)).toEqual(['final']);
    const { checkpointId } = (await store.list(RUN))[0]!;
    const bytes = await (await store.open(RUN, checkpointId)).readTensor('model.safetensors', 'a');
    expect(new Float32Array(bytes.buffer)[0]).toBe(model.values[0]);
  });
});

describe('rotation and the best model', () => {
  it('limit 2 with the best at step 2 keeps 2 and 5, and the best weights come back', async () => {
    const { trainer, store, model } = start({
      arguments: { ...BEST, save_total_limit: 2 },
      computeMetrics: scripted([1, 5, 2, 3, 4]),
    });
    await trainer.train();
    expect(await namesIn(store)).toEqual(['checkpoint-2', 'checkpoint-5']);
    expect(trainer.state).toMatchObject({ bestMetric: 5, bestGlobalStep: 2, bestModelCheckpoint: 'checkpoint-2' });
    const best = await (await openStep(store, 2)).readTensor('model.safetensors', 'a');
    expect(model.values[0]).toBe(new Float32Array(best.buffer)[0]);
    expect((await store.list(RUN)).map(({ isBest }) => isBest)).toEqual([true, false]);
  });

  it('the final model says which step its weights are of, and what that step scored', async () => {
    const { trainer, store } = start({ arguments: BEST, computeMetrics: scripted([1, 5, 2, 3, 4]) });
    await trainer.train();
    await trainer.saveModel();
    expect(trainer.weightsStep).toBe(2);
    const final = (await store.list(RUN)).at(-1)!;
    expect(final).toMatchObject({ name: 'final', step: 2, epoch: 1, metrics: { eval_score: 5 } });
    const last = start({
      arguments: { ...BEST, load_best_model_at_end: false },
      computeMetrics: scripted([1, 5, 2, 3, 4]),
    });
    await last.trainer.train();
    await last.trainer.saveModel();
    expect((await last.store.list(RUN)).at(-1)).toMatchObject({
      name: 'final',
      step: 5,
      epoch: 2.5,
      metrics: { eval_score: 4 },
    });
  });

  it('limit 1 ends with the best alone, also when the best is not loaded', async () => {
    for (const load_best_model_at_end of [true, false]) {
      const { trainer, store } = start({
        arguments: { ...BEST, load_best_model_at_end, save_total_limit: 1 },
        computeMetrics: scripted([1, 5, 2, 3, 4]),
      });
      await trainer.train();
      expect(await namesIn(store)).toEqual(['checkpoint-2']);
    }
  });

  it('saves when the best changes between saves, which HF would lose', async () => {
    const given = { ...BEST, save_steps: 2, max_steps: 4 };
    const { trainer, store } = start({ arguments: given, computeMetrics: scripted([9, 1, 2, 3]) });
    await trainer.train();
    expect(await namesIn(store)).toEqual(['checkpoint-1', 'checkpoint-2', 'checkpoint-4']);
    expect(trainer.state.bestModelCheckpoint).toBe('checkpoint-1');
  });

  it('save_strategy best saves improvements only', async () => {
    const given = {
      eval_strategy: 'steps',
      eval_steps: 1,
      save_strategy: 'best',
      metric_for_best_model: 'score',
      greater_is_better: false,
    };
    const { trainer, store } = start({ arguments: given, computeMetrics: scripted([5, 6, 3, 3, 1]) });
    await trainer.train();
    expect(await namesIn(store)).toEqual(['checkpoint-1', 'checkpoint-3', 'checkpoint-5']);
  });

  it('a run that is stopped to go on later keeps where it goes on, though it is not the best', async () => {
    const { trainer, store, model } = start({
      arguments: { ...BEST, save_strategy: 'best', greater_is_better: false, max_steps: 5, save_total_limit: 1 },
      computeMetrics: scripted([1, 2, 3]),
      callbacks: [
        {
          name: 'Stops',
          onStepEnd: ({ state, control }) => {
            if (state.globalStep === 3) control.shouldSave = control.shouldTrainingStop = true;
          },
        },
      ],
      hooks: { isInterrupted: () => true },
    });
    await trainer.train();
    expect(await namesIn(store)).toEqual(['checkpoint-1', 'checkpoint-3']);
    const last = await (await openStep(store, 3)).readTensor('model.safetensors', 'a');
    expect(model.values[0]).toBe(new Float32Array(last.buffer)[0]);
  });

  it('keeps the weights of the last step when the best checkpoint was deleted by hand', async () => {
    const { trainer, store, model } = start({
      arguments: { ...BEST, max_steps: 3, save_total_limit: 1 },
      computeMetrics: scripted([5, 2, 1]),
      callbacks: [
        {
          name: 'Deletes',
          onStepEnd: async ({ state }) => {
            if (state.globalStep === 3) await store.delete(RUN, (await openStep(store, 1)).manifest.checkpointId);
          },
        },
      ],
    });
    await trainer.train();
    expect(await namesIn(store)).toEqual(['checkpoint-3']);
    expect(trainer.state.bestModelCheckpoint).toBeNull();
    const last = await (await openStep(store, 3)).readTensor('model.safetensors', 'a');
    expect(model.values[0]).toBe(new Float32Array(last.buffer)[0]);
  });
});

describe('full and failing storage', () => {
  /** Refuses the saves with these numbers (from 1). */
  class Refusing extends MemoryCheckpointStore {
    readonly #error: () => Error;
    readonly #refused: readonly number[];
    #saves = 0;
    constructor(refused: readonly number[], error: () => Error) {
      super(() => 0);
      this.#refused = refused;
      this.#error = error;
    }
    override async save(write: CheckpointWrite) {
      this.#saves += 1;
      if (this.#refused.includes(this.#saves)) throw this.#error();
      return super.save(write);
    }
  }
  const full = () => new StudioError('E-STORAGE-FULL', 'The browser refused to store more.');

  it('asks, tries again, and the run ends as if nothing had been', async () => {
    const store = new Refusing([2, 3], full);
    const onStorageFull = vi.fn(async () => 'retry' as const);
    const { trainer, model } = start({ checkpointStore: store, hooks: { onStorageFull }, arguments: { max_steps: 4 } });
    await trainer.train();
    expect(onStorageFull).toHaveBeenCalledTimes(2);
    expect(await namesIn(store)).toEqual(['checkpoint-1', 'checkpoint-2', 'checkpoint-3', 'checkpoint-4']);
    const undisturbed = start({ arguments: { max_steps: 4 } });
    await undisturbed.trainer.train();
    expect(model.values).toEqual(undisturbed.model.values);
  });

  it('holds the run while the question is open', async () => {
    const store = new Refusing([1], full);
    const steps: number[] = [];
    let answer: (decision: 'retry') => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      const onStorageFull = (): Promise<'retry'> => {
        resolve();
        return new Promise((decide) => {
          answer = decide;
        });
      };
      const callbacks = [
        {
          name: 'Steps',
          onStepEnd: ({ state }: { state: { globalStep: number } }) => void steps.push(state.globalStep),
        },
      ];
      const { trainer } = start({
        checkpointStore: store,
        hooks: { onStorageFull },
        callbacks,
        arguments: { max_steps: 6, save_steps: 2 },
      });
      void trainer.train().then(() => steps.push(-1));
    });
    await asked;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(steps.at(-1)).toBeLessThan(6);
    const held = steps.length;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(steps.length).toBe(held);
    answer('retry');
    await vi.waitFor(() => expect(steps.at(-1)).toBe(-1));
    expect(await namesIn(store)).toEqual(['checkpoint-2', 'checkpoint-4', 'checkpoint-6']);
  });

  it('goes on without a checkpoint when told to skip, and the best one stays the one that is stored', async () => {
    const store = new Refusing([2], full);
    const { trainer } = start({
      checkpointStore: store,
      hooks: { onStorageFull: async () => 'skip' },
      arguments: { ...BEST, max_steps: 3, save_total_limit: 2 },
      computeMetrics: scripted([1, 9, 2]),
    });
    await trainer.train();
    expect(await namesIn(store)).toEqual(['checkpoint-1', 'checkpoint-3']);
    expect(trainer.state).toMatchObject({ bestMetric: 9, bestModelCheckpoint: 'checkpoint-1' });
  });

  it('a store that fails ends the run with its error, and what was stored stays', async () => {
    const store = new Refusing([2], () => new StudioError('E-STORAGE', 'The database was closed.'));
    const { trainer } = start({ checkpointStore: store });
    await expect(trainer.train()).rejects.toMatchObject({ code: 'E-STORAGE', message: 'The database was closed.' });
    expect(await namesIn(store)).toEqual(['checkpoint-1']);
    // The failure is told once: the same Trainer can go on.
    await trainer.train(true);
    expect((await namesIn(store)).at(-1)).toBe('checkpoint-5');
  });

  it('frees the copies it made, also of a write that failed', async () => {
    const good = start({ arguments: { max_steps: 2 } });
    await good.trainer.train();
    const before = tf.memory().numTensors;
    const { trainer, model } = start({ checkpointStore: new Refusing([2], () => new StudioError('E-STORAGE', 'no')) });
    await expect(trainer.train()).rejects.toThrow('no');
    trainer.dispose();
    for (const parameter of model.namedParameters().values()) parameter.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('config.json', () => {
  it('takes use_cache from the arguments where the model has one', async () => {
    class Cached extends LinearRegression {
      override configJson() {
        return { model_type: 'line', use_cache: false };
      }
    }
    const config = async (model: LinearRegression) => {
      const { trainer, store } = start({ model, arguments: { max_steps: 1, use_cache: true } });
      await trainer.train();
      return JSON.parse(await (await openStep(store, 1)).readFile('config.json')) as unknown;
    };
    expect(await config(new Cached())).toEqual({ model_type: 'line', use_cache: true });
    expect(await config(new LinearRegression())).toEqual({ model_type: 'line' });
  });
});
