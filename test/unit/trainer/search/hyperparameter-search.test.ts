// A search from its first trial to the best run: what it trains, prunes, keeps and takes up again.

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_SEARCH_SPACE, type SearchSpace } from '#protocol/search-space.ts';
import type { CheckpointStore } from '#storage/checkpoint-store.ts';
import { MemoryCheckpointStore } from '#storage/memory-checkpoint-store.ts';
import type { SearchOptions } from '#trainer/search/hyperparameter-search.ts';
import { defaultComputeObjective, metricObjective } from '#trainer/search/search-objective.ts';
import type { StoredSearch, Trial, TrialStore } from '#trainer/search/trial.ts';
import { Trainer } from '#trainer/trainer.ts';
import type { TrainerOptions } from '#trainer/trainer-options.ts';
import { StudioError } from '#util/studio-error.ts';
import { argumentsOf, LinearRegression, line } from '../../../setup/linear-regression.ts';
import { RUN } from '../../../setup/regression-run.ts';

beforeAll(() => tf.setBackend('cpu'));

const BASE = {
  max_steps: 4,
  per_device_train_batch_size: 5,
  eval_strategy: 'steps',
  eval_steps: 1,
  lr_scheduler_type: 'constant',
  optim: 'sgd',
  max_grad_norm: 0,
};
const RATES: SearchSpace = { learning_rate: [0.001, 0.1, 0.4, 0.01, 0.05, 0.0001, 0.0002, 0.3] };

function searcher(given: Record<string, unknown> = {}, options: Partial<TrainerOptions> = {}) {
  const store = new MemoryCheckpointStore(() => 0);
  const trainer = new Trainer({
    modelInit: () => new LinearRegression(),
    args: argumentsOf({ ...BASE, ...given }),
    trainDataset: line(10),
    evalDataset: line(4),
    checkpointStore: store,
    runId: RUN,
    ...options,
  });
  return { trainer, store };
}

/** Keeps every state it was given. */
function trialStore(begin: StoredSearch | null = null): TrialStore & { saved: StoredSearch[] } {
  const saved: StoredSearch[] = begin ? [begin] : [];
  return { saved, load: async () => saved.at(-1) ?? null, save: async (search) => void saved.push(search) };
}

const GRID: SearchOptions = { hpSpace: RATES, sampler: 'grid', pruner: 'none' };

describe('hyperparameterSearch', () => {
  it('trains a new model for each trial and returns the best', async () => {
    const models: LinearRegression[] = [];
    const heard: unknown[] = [];
    const modelInit: TrainerOptions['modelInit'] = (trial) => {
      heard.push(trial?.params);
      models.push(new LinearRegression());
      return models.at(-1)!;
    };
    const { trainer } = searcher({}, { modelInit });
    const best = await trainer.hyperparameterSearch(GRID);
    expect(heard).toEqual((RATES['learning_rate'] as number[]).map((learning_rate) => ({ learning_rate })));
    expect(best).toMatchObject({ runId: '2', hyperparameters: { learning_rate: 0.4 } });
    expect(best.objective).toBe(Math.min(...best.trials.map(({ value }) => value!)));
    expect(best.trials.map(({ state, reports }) => [state, reports.map(({ step }) => step)])).toEqual(
      best.trials.map(() => ['complete', [1, 2, 3, 4]]),
    );
  });

  it('gives each trial the numbers of a run with those arguments', async () => {
    const { trainer } = searcher();
    const { trials } = await trainer.hyperparameterSearch(GRID);
    const alone = new Trainer({
      model: new LinearRegression(),
      args: argumentsOf({ ...BASE, learning_rate: 0.1 }),
      trainDataset: line(10),
      evalDataset: line(4),
    });
    await alone.train();
    const losses = alone.state.logHistory.flatMap((entry) => ('eval_loss' in entry ? [entry['eval_loss']] : []));
    expect(trials[1]!.reports.map(({ value }) => value)).toEqual(losses);
  });

  it('prunes what is hopeless, and does not return it', async () => {
    const { trainer } = searcher();
    const { trials } = await trainer.hyperparameterSearch({ ...GRID, pruner: 'median' });
    expect(trials.map(({ state }) => state)).toEqual([
      'complete',
      'complete',
      'complete',
      'complete',
      'complete',
      'pruned',
      'pruned',
      'complete',
    ]);
    expect(trials[5]!.reports).toHaveLength(1);
  });

  it('evaluates once at the end where training evaluates never', async () => {
    const { trainer } = searcher({ eval_strategy: 'no' });
    const { trials } = await trainer.hyperparameterSearch({ ...GRID, nTrials: 2 });
    expect(trials.map(({ reports }) => reports.length)).toEqual([1, 1]);
    expect(trials[0]!.value).toBeGreaterThan(trials[1]!.value!);
  });

  it('goes by metric_for_best_model in its direction, and by the best where the best comes back', async () => {
    const scores = [1, 5, 2, 3];
    let call = 0;
    const options = { computeMetrics: () => ({ score: scores[call++ % 4]! }) };
    const given = { metric_for_best_model: 'score' };
    const space: SearchSpace = { learning_rate: [0.1, 0.2] };
    const last = await searcher(given, options).trainer.hyperparameterSearch({ ...GRID, hpSpace: space });
    expect(last).toMatchObject({ objective: 3, runId: '0' });
    const best = await searcher(
      { ...given, load_best_model_at_end: true, save_strategy: 'steps', save_steps: 1 },
      options,
    ).trainer.hyperparameterSearch({ ...GRID, hpSpace: space });
    expect(best.objective).toBe(5);
  });

  it("searches HF's default space for the smallest loss when told nothing", async () => {
    const { trainer } = searcher({ max_steps: 1 });
    const { trials } = await trainer.hyperparameterSearch();
    expect(trials).toHaveLength(20);
    expect(Object.keys(trials[0]!.params)).toEqual(Object.keys(DEFAULT_SEARCH_SPACE));
    expect(new Set(trials.map(({ params }) => params['learning_rate'])).size).toBe(20);
  });

  it('names trials in their state, and keeps their checkpoints apart', async () => {
    const { trainer, store } = searcher({ save_strategy: 'steps', save_steps: 4 });
    const hpName = ({ params }: { params: Record<string, unknown> }) => `rate-${params['learning_rate'] as number}`;
    await trainer.hyperparameterSearch({ ...GRID, nTrials: 2, hpName });
    const [stored] = await checkpointsOf(store, `${RUN}/rate-0.1`);
    expect(JSON.parse(await stored!.readFile('trainer_state.json'))).toMatchObject({
      is_hyper_param_search: true,
      trial_name: 'rate-0.1',
      trial_params: { learning_rate: 0.1 },
    });
    expect(JSON.parse(await stored!.readFile('training_args.json'))).toMatchObject({
      learning_rate: 0.1,
      max_steps: 4,
    });
  });
});

async function checkpointsOf(store: CheckpointStore, runId: string) {
  const manifests = await store.list(runId as typeof RUN);
  return Promise.all(manifests.map(({ checkpointId }) => store.open(runId as typeof RUN, checkpointId)));
}

describe('a search that was interrupted', () => {
  const numbers = (trials: readonly Trial[]) => trials.map(({ value, reports }) => [value, reports]);

  it("goes on with the trial it was in, from that trial's checkpoint, and ends as if nothing had been", async () => {
    const given = { save_strategy: 'steps', save_steps: 2 };
    const whole = await searcher(given).trainer.hyperparameterSearch({ ...GRID, nTrials: 4 });
    const trials = trialStore();
    const store = new MemoryCheckpointStore(() => 0);
    let steps = 0;
    const fails = {
      name: 'Fails',
      onStepEnd: () => {
        steps += 1;
        if (steps === 8) throw new Error('the tab was closed');
      },
    };
    const first = searcher(given, { checkpointStore: store, callbacks: [fails] });
    const search = { ...GRID, nTrials: 4, trialStore: trials };
    await expect(first.trainer.hyperparameterSearch(search)).rejects.toThrow('the tab was closed');
    expect(trials.saved.at(-1)!.trials.map(({ state }) => state)).toEqual(['complete', 'running']);

    let more = 0;
    const counts = { name: 'Counts', onStepEnd: () => void more++ };
    const second = searcher(given, { checkpointStore: store, callbacks: [counts] });
    const resumed = await second.trainer.hyperparameterSearch(search);
    expect(numbers(resumed.trials)).toEqual(numbers(whole.trials));
    // Trial 1 goes on after its checkpoint at step 2.
    expect(more).toBe(2 + 4 + 4);
  });

  it('that was over gives its result again and trains nothing', async () => {
    const trials = trialStore();
    const search = { ...GRID, nTrials: 3, trialStore: trials };
    const whole = await searcher().trainer.hyperparameterSearch(search);
    const made: LinearRegression[] = [];
    const modelInit = () => {
      made.push(new LinearRegression());
      return made.at(-1)!;
    };
    const again = searcher({}, { modelInit });
    expect(await again.trainer.hyperparameterSearch(search)).toEqual(whole);
    expect(made).toEqual([]);
    expect((await again.trainer.hyperparameterSearch({ ...search, nTrials: 4 })).trials).toHaveLength(4);
  });

  it('does not go on as another search', async () => {
    const trials = trialStore();
    await searcher().trainer.hyperparameterSearch({ ...GRID, nTrials: 1, trialStore: trials });
    await expect(
      searcher().trainer.hyperparameterSearch({ ...GRID, hpSpace: { learning_rate: [1] }, trialStore: trials }),
    ).rejects.toMatchObject({ code: 'E-ARGS', message: expect.stringContaining('other settings') as string });
  });
});

describe('trials that fail', () => {
  const failing = (error: Error, trial: number) => {
    let made = 0;
    return {
      modelInit: () => {
        if (made++ === trial) throw error;
        return new LinearRegression();
      },
    };
  };

  it('one that runs out of memory is noted, and the search goes on', async () => {
    const error = new StudioError('E-GPU-MEMORY', 'The GPU has no memory left.');
    const { trials, runId } = await searcher({}, failing(error, 2)).trainer.hyperparameterSearch(GRID);
    expect(trials[2]).toMatchObject({ state: 'failed', value: null, error: 'The GPU has no memory left.' });
    expect(runId).toBe('7');
  });
  it('any other error ends the search', async () => {
    await expect(searcher({}, failing(new Error('broken'), 1)).trainer.hyperparameterSearch(GRID)).rejects.toThrow(
      'broken',
    );
  });
  it('an objective that is no number fails its trial; without any other the search says so', async () => {
    const search = { ...GRID, nTrials: 2, computeObjective: () => Number.NaN };
    await expect(searcher().trainer.hyperparameterSearch(search)).rejects.toMatchObject({
      code: 'E-STATE',
      hint: 'The objective is not a number.',
    });
  });
});

describe('what is refused before anything starts', () => {
  it.each<[string, SearchOptions, string]>([
    ['an unknown argument', { hpSpace: { learn_rate: [1] } }, 'learn_rate is no argument that has an effect here'],
    ['an argument without effect', { hpSpace: { tf32: [true] } }, 'tf32 is no argument'],
    ['a value that can not be', { hpSpace: { learning_rate: { low: -1, high: 1 } } }, 'learning_rate is -1'],
    ['a wrong choice', { hpSpace: { lr_scheduler_type: ['linear', 'wavy'] } }, 'lr_scheduler_type is "wavy"'],
    ['a range upside down', { hpSpace: { seed: { low: 5, high: 1 } } }, 'low not above high'],
    ['a logarithm of nothing', { hpSpace: { weight_decay: { low: 0, high: 1, log: true } } }, 'begins above 0'],
    ['an empty list', { hpSpace: { seed: [] } }, 'The list of seed is empty'],
    ['a range of words', { hpSpace: { optim: { low: 1, high: 2 } } }, 'optim is no number'],
    ['an empty space', { hpSpace: {} }, 'The space must be an object'],
    ['a strange field', { hpSpace: { seed: { low: 1, high: 2, kind: 'int' } as never } }, 'seed has kind'],
    ['no trials', { nTrials: 0 }, 'must be a whole number above 0'],
  ])('%s', async (_name, search, message) => {
    await expect(searcher().trainer.hyperparameterSearch(search)).rejects.toMatchObject({
      code: 'E-ARGS',
      message: expect.stringContaining(message) as string,
    });
  });
  it('a Trainer with one model', async () => {
    const { trainer } = searcher({}, { modelInit: undefined as never, model: new LinearRegression() });
    await expect(trainer.hyperparameterSearch()).rejects.toMatchObject({ where: 'modelInit' });
  });
});

describe('objectives', () => {
  it("HF's: the loss alone, else the sum of the other numbers", () => {
    const times = { eval_runtime: 9, eval_samples_per_second: 9, eval_steps_per_second: 9, epoch: 9 };
    expect(defaultComputeObjective({ eval_loss: 2, ...times })).toBe(2);
    expect(defaultComputeObjective({ eval_loss: 2, eval_f1: 0.5, eval_accuracy: 0.25, ...times })).toBe(0.75);
    expect(defaultComputeObjective({ eval_loss: 2, eval_f1: 0.5, eval_matrix: [[1]], ...times })).toBe(0.5);
  });
  it("a metric's direction follows its name, or greater_is_better where that is told", () => {
    expect(metricObjective(argumentsOf({})).direction).toBe('minimize');
    expect(metricObjective(argumentsOf({}), 'eval_f1').direction).toBe('maximize');
    const told = argumentsOf({ metric_for_best_model: 'wer', greater_is_better: false });
    expect(metricObjective(told).direction).toBe('minimize');
    expect(metricObjective(told).computeObjective({ eval_wer: 3 })).toBe(3);
    expect(() => metricObjective(told).computeObjective({ eval_loss: 3 })).toThrow('does not report');
  });
});
