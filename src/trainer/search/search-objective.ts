// What the trials of a search are compared by.

import type { TrainingArguments } from '#protocol/training-arguments.ts';
import { decidingMetric } from '../best-metric.ts';
import type { Metrics } from '../evaluation-loop.ts';
import type { SearchDirection } from './trial.ts';

export type ComputeObjective = (metrics: Metrics) => number;

/**
 * HF's rule, to be passed by name: the loss where nothing else was measured, else the sum of everything else that is a
 * number. Times, the epoch and the loss per token, which HF does not know, do not count.
 */
export function defaultComputeObjective(metrics: Metrics): number {
  const counted = Object.entries(metrics).flatMap(([name, value]) =>
    typeof value === 'number' && !/^(eval_loss|epoch)$|_(runtime|per_second|loss_per_token)$/.test(name) ? [value] : [],
  );
  return counted.length === 0 ? Number(metrics['eval_loss']) : counted.reduce((sum, value) => sum + value, 0);
}

/**
 * One metric, in its own direction: what a search goes by when it is not told. HF sums up all metrics and looks for the
 * smallest sum, which prefers the worse of two accuracies.
 * @param name with or without `eval_`. Default: metric_for_best_model, else the loss.
 */
export function metricObjective(
  args: TrainingArguments,
  name = args.metricForBestModel ?? 'loss',
): { readonly computeObjective: ComputeObjective; readonly direction: SearchDirection } {
  const isGreaterBetter = name === args.metricForBestModel ? args.greaterIsBetter : !/loss(_per_token)?$/.test(name);
  return {
    computeObjective: (metrics) => decidingMetric(metrics, name),
    direction: isGreaterBetter ? 'maximize' : 'minimize',
  };
}
