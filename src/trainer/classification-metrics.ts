// Metrics of a classifier or regressor from its logits: what `computeMetrics` is by default in the studio and runner.

import type { NdArray } from '#util/nd-array.ts';
import type { EvalPrediction, Metrics } from './evaluation-loop.ts';

type ProblemType = 'single_label_classification' | 'multi_label_classification' | 'regression';

/** `computeMetrics` for a problem type. Averages are over labels (macro) or weighted by their support (weighted). */
export function classificationMetrics(problemType: ProblemType): (prediction: EvalPrediction) => Metrics {
  switch (problemType) {
    case 'single_label_classification':
      return ({ predictions, labelIds }) => singleLabel(predictions!, labelIds!);
    case 'multi_label_classification':
      return ({ predictions, labelIds }) => multiLabel(predictions!, labelIds!);
    case 'regression':
      return ({ predictions, labelIds }) => regression(predictions!, labelIds!);
    default:
      return problemType satisfies never;
  }
}

/** Index of the largest of each row; the first of equals, as numpy's argmax. */
export function argmaxRows({ data, shape }: NdArray): Int32Array {
  const [rows, columns] = shape as [number, number];
  return Int32Array.from({ length: rows }, (_, row) => {
    let best = 0;
    for (let j = 1; j < columns; j++) if (data[row * columns + j]! > data[row * columns + best]!) best = j;
    return best;
  });
}

function singleLabel(logits: NdArray, labels: NdArray): Metrics {
  const classes = logits.shape[1]!;
  const predicted = argmaxRows(logits);
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  let correct = 0;
  predicted.forEach((guess, row) => {
    const truth = labels.data[row]!;
    confusion[truth]![guess]! += 1;
    if (guess === truth) correct += 1;
  });
  const counts = confusion.map((row, label) => ({
    hit: row[label]!,
    support: row.reduce((sum, n) => sum + n, 0),
    predicted: confusion.reduce((sum, other) => sum + other[label]!, 0),
  }));
  return { accuracy: correct / Math.max(1, predicted.length), ...averages(counts), confusion_matrix: confusion };
}

function multiLabel(logits: NdArray, labels: NdArray): Metrics {
  const [rows, columns] = logits.shape as [number, number];
  const counts = Array.from({ length: columns }, () => ({ hit: 0, support: 0, predicted: 0 }));
  let exact = 0;
  for (let row = 0; row < rows; row++) {
    let same = true;
    counts.forEach((count, j) => {
      // A probability of one half is a logit of zero.
      const guess = logits.data[row * columns + j]! > 0;
      const truth = labels.data[row * columns + j]! > 0.5;
      if (guess) count.predicted += 1;
      if (truth) count.support += 1;
      if (guess && truth) count.hit += 1;
      if (guess !== truth) same = false;
    });
    if (same) exact += 1;
  }
  return { accuracy: exact / Math.max(1, rows), ...averages(counts) };
}

interface LabelCounts {
  readonly hit: number;
  readonly support: number;
  readonly predicted: number;
}

/** As scikit-learn with zero_division=0: a ratio without cases is 0. The mean is over labels that occur at all. */
function averages(counts: readonly LabelCounts[]): Metrics {
  const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
  const precision = counts.map(({ hit, predicted }) => ratio(hit, predicted));
  const recall = counts.map(({ hit, support }) => ratio(hit, support));
  const f1 = counts.map(({ hit, predicted, support }) => ratio(2 * hit, predicted + support));
  const occurs = counts.map(({ predicted, support }) => predicted + support > 0);
  const total = counts.reduce((sum, { support }) => sum + support, 0);
  const macro = (values: number[]): number =>
    ratio(
      values.reduce((sum, value, i) => sum + (occurs[i] ? value : 0), 0),
      occurs.filter(Boolean).length,
    );
  const weighted = (values: number[]): number =>
    ratio(
      values.reduce((sum, value, i) => sum + value * counts[i]!.support, 0),
      total,
    );
  return {
    f1_macro: macro(f1),
    f1_weighted: weighted(f1),
    precision_macro: macro(precision),
    precision_weighted: weighted(precision),
    recall_macro: macro(recall),
    recall_weighted: weighted(recall),
    per_class_precision: precision,
    per_class_recall: recall,
    per_class_f1: f1,
    per_class_support: counts.map(({ support }) => support),
  };
}

function regression(predictions: NdArray, labels: NdArray): Metrics {
  const errors = Array.from(labels.data, (label, i) => predictions.data[i]! - label);
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const mse = mean(errors.map((error) => error * error));
  return { mse, rmse: Math.sqrt(mse), mae: mean(errors.map(Math.abs)) };
}
