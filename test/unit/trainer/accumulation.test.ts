// Gradient accumulation gives the mean over all examples of an update, whichever way the model normalises its loss.

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { Trainer } from '#trainer/trainer.ts';
import { argumentsOf, LinearRegression, line } from '../../setup/linear-regression.ts';

beforeAll(() => tf.setBackend('cpu'));

/** Logged losses and norms, and the weights at the end, of two epochs over ten points by plain SGD. */
async function run(acceptsLossKwargs: boolean, batch: number, accumulation: number) {
  const model = new LinearRegression({ acceptsLossKwargs });
  const args = argumentsOf({
    optim: 'sgd',
    learning_rate: 0.1,
    max_grad_norm: 0,
    num_train_epochs: 2,
    per_device_train_batch_size: batch,
    gradient_accumulation_steps: accumulation,
    train_sampling_strategy: 'sequential',
    logging_strategy: 'steps',
    logging_steps: 1,
  });
  const trainer = new Trainer({ model, args, trainDataset: line(10) });
  await trainer.train();
  const entries = trainer.state.logHistory.filter((entry) => 'loss' in entry);
  return {
    losses: entries.map((entry) => entry['loss'] as number),
    norms: entries.map((entry) => entry['grad_norm'] as number),
    weights: model.values,
  };
}

const close = (numbers: readonly number[]) => numbers.map((value) => expect.closeTo(value, 5) as number);

describe('gradient accumulation', () => {
  for (const acceptsLossKwargs of [false, true]) {
    const name = acceptsLossKwargs ? 'a model that takes the number of items' : 'a model that takes its own mean';
    it(`${name}: 5 batches of 2 equal one of 10`, async () => {
      const [whole, parts] = [await run(acceptsLossKwargs, 10, 1), await run(acceptsLossKwargs, 2, 5)];
      expect(whole.losses.length).toBe(2);
      expect(parts).toEqual({ losses: close(whole.losses), norms: close(whole.norms), weights: close(whole.weights) });
    });
    it(`${name}: so does a last update with fewer batches`, async () => {
      // 5 micro-batches of 2, four to an update: the second update of an epoch has a single one.
      const accumulated = await run(acceptsLossKwargs, 2, 4);
      const model = { a: 0, b: 0 };
      const points = Array.from({ length: 10 }, (_, i) => ({ x: i / 10 - 0.5, y: 2 * (i / 10 - 0.5) - 1 }));
      const losses = [points.slice(0, 8), points.slice(8), points.slice(0, 8), points.slice(8)].map((update, step) => {
        const errors = update.map(({ x, y }) => model.a * x + model.b - y);
        const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
        const rate = 0.1 * (1 - step / 4);
        model.a -= rate * mean(errors.map((error, i) => 2 * error * update[i]!.x));
        model.b -= rate * mean(errors.map((error) => 2 * error));
        return mean(errors.map((error) => error * error));
      });
      expect(accumulated.losses).toEqual(close(losses));
      expect(accumulated.weights).toEqual(close([model.a, model.b]));
    });
  }

  it('weighs every example alike where the last micro-batch is shorter', async () => {
    // Batches of 4, 4 and 2 in one update: only a model that knows the number of items can give the exact mean.
    const [whole, parts] = [await run(true, 10, 1), await run(true, 4, 3)];
    expect(parts).toEqual({ losses: close(whole.losses), norms: close(whole.norms), weights: close(whole.weights) });
  });
});
