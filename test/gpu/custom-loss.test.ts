// A loss of one's own on the GPU, written with tfjs's operations: the cross-entropy trains as the model's own does.

import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, it } from 'vitest';
import type { ComputeLossFunc } from '#nn/custom-loss.ts';
import { Trainer } from '#trainer/trainer.ts';
import { startEngine } from '../setup/dawn.ts';
import { argumentsOf } from '../setup/linear-regression.ts';
import { losses } from '../setup/regression-run.ts';
import { tinyBert, tokenRows } from '../setup/tiny-bert.ts';

beforeAll(() => startEngine());

const crossEntropy: ComputeLossFunc = (logits, labels, items) => {
  const right = tf.oneHot(labels.toInt(), logits.shape[1]!);
  return tf.div(tf.neg(tf.sum(tf.mul(right, tf.logSoftmax(logits)))), items).asScalar();
};

async function train(computeLossFunc?: ComputeLossFunc) {
  const args = argumentsOf({
    max_steps: 6,
    per_device_train_batch_size: 4,
    gradient_accumulation_steps: 2,
    learning_rate: 1e-3,
    logging_strategy: 'steps',
    logging_steps: 1,
  });
  const reasons: string[] = [];
  const trainer = new Trainer({
    model: await tinyBert(),
    args,
    trainDataset: tokenRows(22),
    evalDataset: tokenRows(9),
    hooks: { onNotReplayed: (reason) => void reasons.push(reason) },
    ...(computeLossFunc ? { computeLossFunc } : {}),
  });
  await trainer.train();
  const { eval_loss: evalLoss } = await trainer.evaluate();
  return { losses: [...losses(trainer).map((entry) => entry['loss'] as number), evalLoss as number], reasons };
}

it('gives the losses of the model itself, with dropout, accumulation and a short last update', async () => {
  const [own, custom] = [await train(), await train(crossEntropy)];
  expect(own.losses).toHaveLength(7);
  for (const [i, loss] of own.losses.entries()) expect(Math.abs(custom.losses[i]! / loss - 1)).toBeLessThan(1e-5);
  expect(own.reasons).toEqual([]);
  expect(custom.reasons).toEqual(['it uses an operation of tfjs itself']);
});
