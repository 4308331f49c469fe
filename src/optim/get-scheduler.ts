// Learning-rate schedules: the multiplier of the base rate after s completed updates (trainer arguments
// `lr_scheduler_type`, `lr_scheduler_kwargs`, `warmup_steps`).

import { StudioError } from '#util/studio-error.ts';

/** Multiplier f(s) of the learning rate, s completed updates. */
export type LrSchedule = (completed: number) => number;

export interface ScheduleOptions {
  readonly numTrainingSteps: number;
  readonly numWarmupSteps: number;
  /** Base learning rate; the polynomial schedule ends at an absolute one. */
  readonly learningRate: number;
  /** `num_cycles` (cosine, default 0.5), `lr_end` (polynomial, 1e-7), `power` (polynomial, 1). */
  readonly kwargs: Readonly<Record<string, number>>;
}

type ScheduleName = 'linear' | 'cosine' | 'constant' | 'constant_with_warmup' | 'polynomial';

/** @throws StudioError E-ARGS when a polynomial would end at or above its start. */
export function getScheduler(name: ScheduleName, options: ScheduleOptions): LrSchedule {
  const { numTrainingSteps: n, numWarmupSteps: w, learningRate, kwargs } = options;
  const rest = Math.max(1, n - w);
  switch (name) {
    case 'constant':
      return () => 1;
    case 'constant_with_warmup':
      return withWarmup(w, () => 1);
    case 'linear':
      return withWarmup(w, (s) => Math.max(0, (n - s) / rest));
    case 'cosine': {
      const cycles = kwargs['num_cycles'] ?? 0.5;
      return withWarmup(w, (s) => Math.max(0, 0.5 * (1 + Math.cos(Math.PI * cycles * 2 * ((s - w) / rest)))));
    }
    case 'polynomial':
      return withWarmup(w, polynomial(n, w, learningRate, kwargs['lr_end'] ?? 1e-7, kwargs['power'] ?? 1));
    default:
      return name satisfies never;
  }
}

const withWarmup =
  (warmup: number, after: LrSchedule): LrSchedule =>
  (s) =>
    s < warmup ? s / Math.max(1, warmup) : after(s);

function polynomial(n: number, w: number, base: number, end: number, power: number): LrSchedule {
  if (base <= end) {
    throw new StudioError(
      'E-ARGS',
      `The polynomial schedule ends at ${end}, which is not below learning_rate (${base}).`,
      {
        where: 'lr_scheduler_kwargs: lr_end',
        hint: 'Lower lr_end or raise learning_rate.',
        safe: 'Nothing was started.',
      },
    );
  }
  return (s) => (s > n ? end : (base - end) * (1 - (s - w) / (n - w)) ** power + end) / base;
}
