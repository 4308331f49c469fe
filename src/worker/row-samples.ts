// The same few validation rows at every evaluation: what the model says of them, read from the logits that are there
// anyway.

import type { TaskData } from '#data/tasks/row-task.ts';
import type { RunSample } from '#protocol/messages.ts';
import type { PreTrainedTokenizer } from '#tokenizers/auto-tokenizer.ts';
import type { ComputeMetrics } from '#trainer/evaluation-loop.ts';
import { exampleLabel, exampleText } from './example-text.ts';
import { scoresOf } from './predictions.ts';
import { validationRows } from './score-examples.ts';

/** Rows that are followed, evenly spaced. */
const ROWS = 6;

/**
 * Wraps the metrics of a classifier; those of other tasks stay as they are.
 * @param onSamples told after each evaluation; the step is for the caller to fill in.
 */
export function withRowSamples(
  computeMetrics: ComputeMetrics | undefined,
  data: TaskData,
  tokenizer: PreTrainedTokenizer,
  onSamples: (samples: readonly Omit<RunSample, 'step'>[]) => void,
): ComputeMetrics | undefined {
  if (!computeMetrics || data.task !== 'text-classification' || !data.validation) return computeMetrics;
  const dataset = validationRows(data);
  const stride = Math.max(1, Math.floor(dataset.length / ROWS));
  const rows = Array.from({ length: Math.min(ROWS, dataset.length) }, (_, i) => i * stride);
  return (prediction, computeResult, evaluated) => {
    const { predictions } = prediction;
    if (predictions && predictions.shape[0] === dataset.length && computeResult) {
      const width = predictions.shape[1]!;
      const logitsOf = (row: number): number[] => [...predictions.data.subarray(row * width, (row + 1) * width)];
      onSamples(rows.map((row) => sampleOf(logitsOf(row), dataset.get(row), data, tokenizer)));
    }
    return computeMetrics(prediction, computeResult, evaluated);
  };
}

function sampleOf(
  logits: readonly number[],
  example: Readonly<Record<string, unknown>>,
  data: TaskData,
  tokenizer: PreTrainedTokenizer,
): Omit<RunSample, 'step'> {
  const scores = scoresOf(logits, data.problemType);
  const best = scores.indexOf(Math.max(...scores));
  const isChoice = data.problemType === 'single_label_classification';
  const said = scores.map((score) => score.toPrecision(3)).join(', ');
  return {
    input: exampleText(example, tokenizer),
    expected: exampleLabel(example, data),
    output: isChoice ? (data.labels[best] ?? String(best)) : said,
    probability: isChoice ? scores[best]! : null,
  };
}
