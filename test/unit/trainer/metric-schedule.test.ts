// A run whose learning rate follows an evaluation metric.

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { namesIn, openStep, scripted, start } from '../../setup/regression-run.ts';

beforeAll(() => tf.setBackend('cpu'));

const SCORES = [3, 2, 2, 2, 1, 1];
const PLATEAU = {
  max_steps: 6,
  logging_strategy: 'steps',
  logging_steps: 1,
  eval_strategy: 'steps',
  eval_steps: 1,
  metric_for_best_model: 'score',
  greater_is_better: false,
  lr_scheduler_type: 'reduce_lr_on_plateau',
  lr_scheduler_kwargs: { patience: 0, factor: 0.5 },
};
const rates = (trainer: ReturnType<typeof start>['trainer']) =>
  trainer.state.logHistory.flatMap((entry) =>
    typeof entry['learning_rate'] === 'number' ? [entry['learning_rate']] : [],
  );

describe('reduce_lr_on_plateau', () => {
  it('lowers the rate of the updates after an evaluation that was not better', async () => {
    const { trainer } = start({ arguments: PLATEAU, computeMetrics: scripted(SCORES) });
    await trainer.train();
    // Evaluations 3, 4 and 6 are not better than those before.
    expect(rates(trainer)).toEqual([0.1, 0.1, 0.1, 0.05, 0.025, 0.025]);
  });

  it('is not told of the evaluation before the first update', async () => {
    const computeMetrics = scripted([0, ...SCORES]);
    const { trainer } = start({ arguments: { ...PLATEAU, eval_on_start: true }, computeMetrics });
    await trainer.train();
    expect(rates(trainer)).toEqual([0.1, 0.1, 0.1, 0.05, 0.025, 0.025]);
  });

  it('goes on after a resume where it stood', async () => {
    const whole = start({ arguments: PLATEAU, computeMetrics: scripted(SCORES) });
    await whole.trainer.train();
    expect(await namesIn(whole.store)).toContain('checkpoint-4');
    const resumed = start({ arguments: PLATEAU, computeMetrics: scripted(SCORES.slice(4)) });
    await resumed.trainer.train(await openStep(whole.store, 4));
    expect(rates(resumed.trainer)).toEqual(rates(whole.trainer));
    expect(resumed.model.values).toEqual(whole.model.values);
  });

  it('goes by the loss when no metric is named, and stops where the metric is missing', async () => {
    const { metric_for_best_model: _, greater_is_better: __, ...byLoss } = PLATEAU;
    const { trainer } = start({ arguments: byLoss });
    await trainer.train();
    expect(trainer.args.metricForBestModel).toBe('loss');
    expect(rates(trainer)).toHaveLength(6);
    const missing = start({ arguments: { ...PLATEAU, metric_for_best_model: 'f1', greater_is_better: false } });
    await expect(missing.trainer.train()).rejects.toThrow('metric_for_best_model is "f1"');
  });
});
