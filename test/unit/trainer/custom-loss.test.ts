// compute_loss_func: a loss of one's own, in training and evaluation, exact over micro-batches.

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ComputeLossFunc } from '#nn/custom-loss.ts';
import { Trainer } from '#trainer/trainer.ts';
import { argumentsOf, LinearRegression, line } from '../../setup/linear-regression.ts';
import { losses } from '../../setup/regression-run.ts';

beforeAll(() => tf.setBackend('cpu'));

const absolute: ComputeLossFunc = (logits, labels, items) =>
  tf.div(tf.sum(tf.abs(tf.sub(logits, labels))), items).asScalar();

function run(given: Record<string, unknown>, computeLossFunc: ComputeLossFunc = absolute) {
  const model = new LinearRegression();
  const args = argumentsOf({
    max_steps: 1,
    learning_rate: 0.5,
    optim: 'sgd',
    max_grad_norm: 0,
    lr_scheduler_type: 'constant',
    train_sampling_strategy: 'sequential',
    logging_strategy: 'steps',
    logging_steps: 1,
    per_device_train_batch_size: 10,
    ...given,
  });
  const trainer = new Trainer({ model, args, trainDataset: line(10), evalDataset: line(10), computeLossFunc });
  return { trainer, model };
}

describe('computeLossFunc', () => {
  it('is what training descends: by hand, one update of the absolute error', async () => {
    const { trainer, model } = run({});
    await trainer.train();
    // y = 2x − 1 is below 0 at every x, so each error is positive at a = b = 0: da = mean x, db = 1.
    const xs = Array.from({ length: 10 }, (_, i) => i / 10 - 0.5);
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / 10;
    expect(losses(trainer)[0]!['loss']).toBeCloseTo(mean(xs.map((x) => 1 - 2 * x)), 6);
    expect(model.values[0]).toBeCloseTo(-0.5 * mean(xs), 6);
    expect(model.values[1]).toBeCloseTo(-0.5, 6);
  });

  it('gives the same update in micro-batches, the last one shorter', async () => {
    const whole = run({});
    await whole.trainer.train();
    const parts = run({ per_device_train_batch_size: 4, gradient_accumulation_steps: 3 });
    await parts.trainer.train();
    for (const i of [0, 1]) expect(parts.model.values[i]).toBeCloseTo(whole.model.values[i]!, 6);
    expect(losses(parts.trainer)[0]!['loss']).toBeCloseTo(losses(whole.trainer)[0]!['loss'] as number, 6);
  });

  it('is the loss of evaluations, and the model itself gets no labels', async () => {
    const { trainer, model } = run({ per_device_eval_batch_size: 4 });
    const { eval_loss: loss } = await trainer.evaluate();
    const xs = Array.from({ length: 10 }, (_, i) => i / 10 - 0.5);
    expect(loss).toBeCloseTo(xs.reduce((sum, x) => sum + 1 - 2 * x, 0) / 10, 6);
    expect(model.seen.every((batch) => batch['labels'] === undefined)).toBe(true);
  });
});
