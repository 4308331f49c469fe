// The learning-rate schedule that the training arguments name (`lr_scheduler_type`, `lr_scheduler_kwargs`,
// `warmup_steps`). Called by the Trainer; the formulas stand in `lr-schedules.ts`.

import { GreedyLr } from './greedy-lr.ts';
import {
  cosine,
  cosineWithRestarts,
  inverseSqrt,
  linear,
  polynomial,
  type ScheduleOptions,
  settingsOf,
  warmupCosineWithMinLr,
  warmupStableDecay,
  withWarmup,
} from './lr-schedules.ts';
import type { MetricSchedule } from './metric-schedule.ts';
import { ReduceLrOnPlateau } from './reduce-lr-on-plateau.ts';

export interface LrSchedule {
  /** Multiplier f(s) of the learning rate, s completed updates. */
  (completed: number): number;
  /** Where the rate follows a metric and not the step: who is told the metric after each evaluation. */
  readonly metric?: MetricSchedule;
}

type ScheduleName =
  | 'linear'
  | 'cosine'
  | 'cosine_with_restarts'
  | 'polynomial'
  | 'constant'
  | 'constant_with_warmup'
  | 'inverse_sqrt'
  | 'reduce_lr_on_plateau'
  | 'cosine_with_min_lr'
  | 'cosine_warmup_with_min_lr'
  | 'warmup_stable_decay'
  | 'greedy';

/** @throws StudioError E-ARGS when a polynomial would end at or above its start. */
export function getScheduler(name: ScheduleName, options: ScheduleOptions): LrSchedule {
  switch (name) {
    case 'constant':
      return () => 1;
    case 'constant_with_warmup':
      return withWarmup(options, () => 1);
    case 'linear':
      return linear(options);
    case 'cosine':
    case 'cosine_with_min_lr':
      return cosine(options);
    case 'cosine_with_restarts':
      return cosineWithRestarts(options);
    case 'cosine_warmup_with_min_lr':
      return warmupCosineWithMinLr(options);
    case 'polynomial':
      return polynomial(options);
    case 'inverse_sqrt':
      return inverseSqrt(options);
    case 'warmup_stable_decay':
      return warmupStableDecay(options);
    case 'reduce_lr_on_plateau':
      return following(new ReduceLrOnPlateau(options.learningRate, settingsOf(options.kwargs)), options.learningRate);
    case 'greedy':
      return following(new GreedyLr(options.learningRate, settingsOf(options.kwargs)), options.learningRate);
    default:
      return name satisfies never;
  }
}

function following(metric: MetricSchedule, base: number): LrSchedule {
  return Object.assign(() => (base === 0 ? 0 : metric.learningRate / base), { metric });
}
