import { describe, expect, it } from 'vitest';
import { updateBestMetric } from '#trainer/best-metric.ts';
import { EarlyStoppingCallback } from '#trainer/callbacks/early-stopping-callback.ts';
import { TrainerControl } from '#trainer/trainer-control.ts';
import { createTrainerState } from '#trainer/trainer-state.ts';
import { argumentsOf } from '../../setup/linear-regression.ts';

const args = argumentsOf({ eval_strategy: 'steps', eval_steps: 1, metric_for_best_model: 'loss' });

/** Counters after each evaluation, and the evaluation that stopped the run. */
function follow(callback: EarlyStoppingCallback, values: readonly number[]) {
  const [state, control] = [createTrainerState(), new TrainerControl()];
  const counters: unknown[] = [];
  let stoppedAt: number | null = null;
  values.forEach((value, i) => {
    const metrics = { eval_loss: value };
    callback.onEvaluate({ args, state, control, metrics });
    updateBestMetric(metrics, args, state);
    counters.push(callback.exportState().attributes.early_stopping_patience_counter);
    if (control.shouldTrainingStop) stoppedAt ??= i + 1;
  });
  return { counters, stoppedAt };
}

describe('EarlyStoppingCallback', () => {
  it('patience 2: stops at the fourth of 5, 3, 4, 4', () => {
    expect(follow(new EarlyStoppingCallback({ patience: 2 }), [5, 3, 4, 4])).toEqual({
      counters: [0, 0, 1, 2],
      stoppedAt: 4,
    });
  });
  it('threshold 2.5: an improvement of 2 does not count, yet it is the best from then on', () => {
    const callback = new EarlyStoppingCallback({ patience: 2, threshold: 2.5 });
    expect(follow(callback, [5, 3, 4, 4])).toEqual({ counters: [0, 1, 2, 3], stoppedAt: 3 });
  });
  it('patience 1 is the default, and improvement starts the count anew', () => {
    expect(follow(new EarlyStoppingCallback(), [5, 4, 3, 3])).toEqual({ counters: [0, 0, 0, 1], stoppedAt: 4 });
    expect(follow(new EarlyStoppingCallback({ patience: 2 }), [5, 6, 4, 6]).counters).toEqual([0, 1, 0, 1]);
  });
  it('counts every NaN but the first evaluation', () => {
    const callback = new EarlyStoppingCallback({ patience: 2 });
    expect(follow(callback, [Number.NaN, Number.NaN, Number.NaN])).toEqual({ counters: [0, 1, 2], stoppedAt: 3 });
  });
  it('ignores an evaluation of a data set that lacks the metric', () => {
    const control = new TrainerControl();
    const callback = new EarlyStoppingCallback();
    callback.onEvaluate({ args, state: createTrainerState(), control, metrics: { eval_other_loss: 9 } });
    expect(control.shouldTrainingStop).toBe(false);
  });
  it('carries its counter through a checkpoint', () => {
    const callback = new EarlyStoppingCallback({ patience: 3, threshold: 0.5 });
    follow(callback, [5, 6, 6]);
    const saved = callback.exportState();
    expect(saved).toEqual({
      args: { early_stopping_patience: 3, early_stopping_threshold: 0.5 },
      attributes: { early_stopping_patience_counter: 2 },
    });
    const restored = new EarlyStoppingCallback({ patience: 3 });
    restored.restoreState(saved);
    expect(restored.exportState().attributes).toEqual(saved.attributes);
  });
  it('refuses to start without evaluations or without a metric', () => {
    for (const given of [{}, { metric_for_best_model: 'loss' }, { eval_strategy: 'epoch' }]) {
      const context = { args: argumentsOf(given), state: createTrainerState(), control: new TrainerControl() };
      expect(() => new EarlyStoppingCallback().onTrainBegin(context)).toThrow('needs evaluations and a metric');
    }
  });
});
