// HF's speed metrics: seconds with four decimals, rates with three.

import type { Metrics } from './evaluation-loop.ts';

const rounded = (value: number, decimals: number): number => Number(value.toFixed(decimals));

/** @param milliseconds of the whole; rates are left out when nothing took any time. */
export function speedMetrics(prefix: string, milliseconds: number, samples: number, steps: number): Metrics {
  const seconds = milliseconds / 1000;
  const metrics: Metrics = { [`${prefix}_runtime`]: rounded(seconds, 4) };
  if (seconds === 0) return metrics;
  metrics[`${prefix}_samples_per_second`] = rounded(samples / seconds, 3);
  metrics[`${prefix}_steps_per_second`] = rounded(steps / seconds, 3);
  return metrics;
}

/** Time and tokens so far in this session, beside the training log. @param milliseconds since it began. */
export function tokenMetrics(milliseconds: number, tokens: number): Metrics {
  const seconds = milliseconds / 1000;
  const metrics: Metrics = { train_runtime: rounded(seconds, 4) };
  if (seconds > 0) metrics['train_tokens_per_second'] = rounded(tokens / seconds, 3);
  return metrics;
}
