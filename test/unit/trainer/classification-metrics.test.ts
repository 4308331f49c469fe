// Metrics against scikit-learn, with zero_division=0 and labels=None for the averages.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { argmaxRows, classificationMetrics } from '#trainer/classification-metrics.ts';
import type { Metrics } from '#trainer/evaluation-loop.ts';

interface Case {
  readonly labels: number[];
  readonly logits: number[];
  readonly expected: Metrics;
}
const fixture = JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/data/metrics.json'), 'utf8')) as {
  single: Record<string, Case & { classes: number }>;
  multi: Case & { columns: number };
  regression: { labels: number[]; predictions: number[]; expected: Metrics };
};

function expectMetrics(actual: Metrics, expected: Metrics): void {
  const rounded = (value: unknown): unknown =>
    Array.isArray(value) ? value.map(rounded) : expect.closeTo(value as number, 10);
  expect(actual).toEqual(Object.fromEntries(Object.entries(expected).map(([key, value]) => [key, rounded(value)])));
}

describe('single label', () => {
  it.each(Object.keys(fixture.single))('%s', (name) => {
    const { classes, labels, logits, expected } = fixture.single[name]!;
    const predictions = { data: Float32Array.from(logits), shape: [labels.length, classes] };
    const labelIds = { data: Int32Array.from(labels), shape: [labels.length] };
    expectMetrics(classificationMetrics('single_label_classification')({ predictions, labelIds }), expected);
  });
  it('the first of equal logits wins, as with numpy', () => {
    expect([...argmaxRows({ data: Float32Array.of(1, 1, 0, 0, 2, 2), shape: [2, 3] })]).toEqual([0, 1]);
  });
});

describe('multi label', () => {
  it('accuracy of whole rows, averages over labels that occur', () => {
    const { columns, labels, logits, expected } = fixture.multi;
    const shape = [labels.length / columns, columns];
    const metrics = classificationMetrics('multi_label_classification')({
      predictions: { data: Float32Array.from(logits), shape },
      labelIds: { data: Float32Array.from(labels), shape },
    });
    const compared = Object.fromEntries(Object.keys(expected).map((key) => [key, metrics[key]!]));
    expectMetrics(compared, expected);
    expect(metrics['per_class_support']).toHaveLength(columns);
  });
});

describe('regression', () => {
  it('mean squared, root mean squared and mean absolute error', () => {
    const { labels, predictions, expected } = fixture.regression;
    const metrics = classificationMetrics('regression')({
      predictions: { data: Float32Array.from(predictions), shape: [5, 1] },
      labelIds: { data: Float32Array.from(labels), shape: [5] },
    });
    expectMetrics(metrics, expected);
  });
});
