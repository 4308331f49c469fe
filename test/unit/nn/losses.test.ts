// Losses of a classification or regression head, against torch and by hand.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { countedRows, sequenceClassificationLoss } from '#nn/losses.ts';
import { trainingContext } from '../../setup/forward-context.ts';

beforeAll(() => tf.setBackend('cpu'));

const { smoothing } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../fixtures/data/metrics.json'), 'utf8'),
) as {
  smoothing: { classes: number; logits: number[]; labels: number[]; loss: Record<string, number> };
};
const logits = () => tf.tensor2d(smoothing.logits, [smoothing.labels.length, smoothing.classes]);
const labels = { data: Int32Array.from(smoothing.labels), shape: [smoothing.labels.length] };
const value = (scalar: tf.Scalar): number => scalar.dataSync()[0]!;

describe('single label', () => {
  it.each(Object.entries(smoothing.loss))('label smoothing %s gives the loss torch gives', (epsilon, expected) => {
    const loss = sequenceClassificationLoss(
      logits(),
      'single_label_classification',
      trainingContext({ labels }),
      Number(epsilon),
    );
    expect(value(loss)).toBeCloseTo(expected, 5);
  });
  it('divides by the number of items where it is given: ignored rows add nothing', () => {
    expect(countedRows(labels)).toBe(5);
    const context = trainingContext({ labels }, { numItemsInBatch: 20 });
    const loss = value(sequenceClassificationLoss(logits(), 'single_label_classification', context, 0));
    expect(loss).toBeCloseTo((smoothing.loss['0.0']! * 5) / 20, 5);
  });
});

describe('several labels', () => {
  it('is the mean over examples of the mean over labels', () => {
    const targets = { data: Float32Array.of(1, 0, 0, 1), shape: [2, 2] };
    const given = [2, -1, 0.5, 3];
    const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
    const expected = given.map((x, i) => -Math.log(targets.data[i] === 1 ? sigmoid(x) : 1 - sigmoid(x)));
    const loss = (numItemsInBatch: number | null) =>
      value(
        sequenceClassificationLoss(
          tf.tensor2d(given, [2, 2]),
          'multi_label_classification',
          trainingContext({ labels: targets }, { numItemsInBatch }),
          0,
        ),
      );
    expect(loss(null)).toBeCloseTo(expected.reduce((sum, each) => sum + each, 0) / 4, 6);
    expect(loss(8)).toBeCloseTo(loss(null) / 4, 6);
  });
});

describe('regression', () => {
  it('is the mean squared error', () => {
    const context = trainingContext({ labels: { data: Float32Array.of(1, -1, 3), shape: [3] } });
    const loss = sequenceClassificationLoss(tf.tensor2d([1.5, -1, 1], [3, 1]), 'regression', context, 0);
    expect(value(loss)).toBeCloseTo((0.25 + 0 + 4) / 3, 6);
  });
});
