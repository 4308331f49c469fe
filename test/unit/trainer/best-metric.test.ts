import { describe, expect, it } from 'vitest';
import type { CheckpointId, RunId } from '#protocol/ids.ts';
import type { CheckpointManifest } from '#storage/checkpoint-store.ts';
import { rotateCheckpoints, updateBestMetric } from '#trainer/best-metric.ts';
import { createTrainerState } from '#trainer/trainer-state.ts';
import { argumentsOf } from '../../setup/linear-regression.ts';

const manifest = (name: string): CheckpointManifest => ({
  checkpointId: `id of ${name}` as CheckpointId,
  runId: 'run' as RunId,
  name,
  step: Number(name.split('-')[1] ?? 0),
  epoch: 0,
  modelOnly: false,
  isBest: false,
  metrics: {},
  savedAt: 0,
  byteLength: 0,
  tensors: [],
  files: [],
  schemaVersion: 1,
});

/** What is kept after each of five saves, with the best at step 2. */
function keptAfterEach(limit: number | null): number[][] {
  let kept: string[] = [];
  return [1, 2, 3, 4, 5].map((step) => {
    const name = `checkpoint-${step}`;
    const best = step >= 2 ? 'checkpoint-2' : 'checkpoint-1';
    const doomed = rotateCheckpoints(kept.map(manifest), limit, name, best) as readonly string[];
    kept = [...kept.filter((each) => !doomed.includes(`id of ${each}`)), name];
    return kept.map((each) => Number(each.split('-')[1]));
  });
}

describe('rotateCheckpoints', () => {
  it('limit 2 keeps the best and the latest', () => {
    expect(keptAfterEach(2)).toEqual([[1], [1, 2], [2, 3], [2, 4], [2, 5]]);
  });
  it('limit 1 keeps both too, while the run goes on', () => {
    expect(keptAfterEach(1)).toEqual([[1], [2], [2, 3], [2, 4], [2, 5]]);
  });
  it('limit 3 keeps the best and the two latest', () => {
    expect(keptAfterEach(3).at(-1)).toEqual([2, 4, 5]);
  });
  it('no limit, or 0, keeps all', () => {
    expect(keptAfterEach(null).at(-1)).toEqual([1, 2, 3, 4, 5]);
    expect(keptAfterEach(0).at(-1)).toEqual([1, 2, 3, 4, 5]);
  });
  it('never counts or touches what is no checkpoint', () => {
    const others = [manifest('checkpoint-1'), manifest('final')];
    expect(rotateCheckpoints(others, 1, 'checkpoint-2', null)).toEqual(['id of checkpoint-1']);
  });
  it('does not delete what it is about to replace', () => {
    expect(rotateCheckpoints([manifest('checkpoint-4')], 1, 'checkpoint-4', null)).toEqual([]);
  });
});

function follow(values: readonly number[], given: Record<string, unknown>): (number | null)[] {
  const state = createTrainerState();
  const args = argumentsOf({ eval_strategy: 'steps', eval_steps: 1, save_strategy: 'steps', ...given });
  const key = `eval_${args.metricForBestModel}`;
  return values.map((value, i) => {
    state.globalStep = i + 1;
    updateBestMetric({ [key]: value }, args, state);
    return state.bestGlobalStep;
  });
}

describe('updateBestMetric', () => {
  it('lower is better for a loss, and equal is not better', () => {
    expect(follow([5, 3, 3, 4, 2], { metric_for_best_model: 'loss' })).toEqual([1, 2, 2, 2, 5]);
  });
  it('higher is better for another metric, unless told otherwise', () => {
    expect(follow([0.5, 0.7, 0.7, 0.6], { metric_for_best_model: 'accuracy' })).toEqual([1, 2, 2, 2]);
    expect(follow([5, 4, 6], { metric_for_best_model: 'perplexity', greater_is_better: false })).toEqual([1, 2, 2]);
  });
  it('the exact loss of tokens is a loss', () => {
    expect(follow([5, 3, 4], { metric_for_best_model: 'loss_per_token' })).toEqual([1, 2, 2]);
    expect(follow([5, 3, 4], { metric_for_best_model: 'de_loss_per_token' })).toEqual([1, 2, 2]);
  });
  it('of a run that saves nothing keeps the metric, but no step', () => {
    expect(follow([5, 3], { metric_for_best_model: 'loss', save_strategy: 'no' })).toEqual([null, null]);
  });
  it('NaN never wins, also when it comes first', () => {
    expect(follow([Number.NaN, 3, Number.NaN, 2], { metric_for_best_model: 'loss' })).toEqual([null, 2, 2, 4]);
  });
  it('takes the name with its prefix too', () => {
    const state = createTrainerState();
    const args = argumentsOf({ eval_strategy: 'steps', eval_steps: 1, metric_for_best_model: 'eval_f1_macro' });
    expect(updateBestMetric({ eval_f1_macro: 0.5 }, args, state)).toBe(true);
    expect(state.bestMetric).toBe(0.5);
  });
  it('without a metric nothing is the best', () => {
    const state = createTrainerState();
    expect(updateBestMetric({ eval_loss: 1 }, argumentsOf({}), state)).toBe(false);
    expect(state.bestMetric).toBeNull();
  });
  it('a metric that is not reported is an error that lists those that are', () => {
    const args = argumentsOf({ eval_strategy: 'steps', eval_steps: 1, metric_for_best_model: 'f1' });
    const evaluation = { eval_loss: 1, eval_accuracy: 0.5, eval_confusion_matrix: [[1]] };
    expect(() => updateBestMetric(evaluation, args, createTrainerState())).toThrow(
      expect.objectContaining({
        code: 'E-ARGS',
        message: expect.stringContaining('"f1"') as string,
        hint: 'Choose one of: eval_loss, eval_accuracy.',
      }) as Error,
    );
  });
});
