// Schedules that follow the step, as transformers computes them: the multiplier of the base rate after s completed
// updates, with W updates of warm-up in a run of N. Called by `get-scheduler.ts`.

import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';

type Multiplier = (completed: number) => number;

export type ScheduleSetting = number | string | boolean | null;

export interface ScheduleOptions {
  readonly numTrainingSteps: number;
  readonly numWarmupSteps: number;
  /** Base learning rate: some settings are absolute rates. */
  readonly learningRate: number;
  /** `lr_scheduler_kwargs`, already checked; null is the same as absent. */
  readonly kwargs: Readonly<Record<string, ScheduleSetting>>;
}

/** Reads settings with their defaults. */
export interface Settings {
  number(name: string, fallback: number): number;
  /** Null when it is not set. */
  maybe(name: string): number | null;
  text(name: string, fallback: string): string;
  flag(name: string): boolean;
}

export function settingsOf(kwargs: ScheduleOptions['kwargs']): Settings {
  return {
    number: (name, fallback) => Number(kwargs[name] ?? fallback),
    maybe: (name) => (kwargs[name] == null ? null : Number(kwargs[name])),
    text: (name, fallback) => String(kwargs[name] ?? fallback),
    flag: (name) => kwargs[name] === true,
  };
}

/** From 0 up to 1 over the warm-up. */
export function withWarmup({ numWarmupSteps: w }: ScheduleOptions, after: Multiplier): Multiplier {
  return (s) => (s < w ? s / Math.max(1, w) : after(s));
}

export function linear(options: ScheduleOptions): Multiplier {
  const { numTrainingSteps: n, numWarmupSteps: w } = options;
  return withWarmup(options, (s) => Math.max(0, (n - s) / Math.max(1, n - w)));
}

/** Share of the run after the warm-up. */
function progress({ numTrainingSteps: n, numWarmupSteps: w }: ScheduleOptions, s: number): number {
  return (s - w) / Math.max(1, n - w);
}

/** A cosine of `cycles` waves over p in [0, 1], lifted so that it ends at `floor`. */
function wave(p: number, cycles: number, floor: number): number {
  const factor = 0.5 * (1 + Math.cos(Math.PI * cycles * 2 * p));
  return Math.max(0, factor * (1 - floor) + floor);
}

/** `min_lr_rate`, or `min_lr` as a share of the base rate; 0 for a cosine without either. */
function floorOf({ learningRate, kwargs }: ScheduleOptions): number {
  const settings = settingsOf(kwargs);
  const absolute = settings.maybe('min_lr');
  return absolute === null ? settings.number('min_lr_rate', 0) : absolute / learningRate;
}

/** `cosine` and `cosine_with_min_lr`. Rises again past N. */
export function cosine(options: ScheduleOptions): Multiplier {
  const cycles = settingsOf(options.kwargs).number('num_cycles', 0.5);
  const floor = floorOf(options);
  return withWarmup(options, (s) => wave(progress(options, s), cycles, floor));
}

export function cosineWithRestarts(options: ScheduleOptions): Multiplier {
  const cycles = settingsOf(options.kwargs).number('num_cycles', 1);
  return withWarmup(options, (s) => {
    const p = progress(options, s);
    return p >= 1 ? 0 : Math.max(0, 0.5 * (1 + Math.cos(Math.PI * ((cycles * p) % 1))));
  });
}

/** One step ahead of `cosine_with_min_lr`: no update has the rate 0, and the last one has the smallest rate. */
export function warmupCosineWithMinLr(options: ScheduleOptions): Multiplier {
  const { numWarmupSteps: w } = options;
  const settings = settingsOf(options.kwargs);
  const cycles = settings.number('num_cycles', 0.5);
  const first = settings.maybe('warmup_lr_rate');
  const floor = floorOf(options);
  return (s) => {
    if (s >= w) return wave(progress(options, s + 1), cycles, floor);
    return first === null ? (s + 1) / Math.max(1, w) : first + ((1 - first) * s) / Math.max(1, w - 1);
  };
}

/** @throws StudioError E-ARGS when it would end at or above its start. */
export function polynomial(options: ScheduleOptions): Multiplier {
  const { numTrainingSteps: n, learningRate: base, kwargs } = options;
  const settings = settingsOf(kwargs);
  const end = settings.number('lr_end', 1e-7);
  const power = settings.number('power', 1);
  if (base <= end) {
    throw new StudioError(
      'E-ARGS',
      msg`The polynomial schedule ends at ${end}, which is not below learning_rate (${base}).`,
      {
        where: 'lr_scheduler_kwargs: lr_end',
        hint: msg`Lower lr_end or raise learning_rate.`,
        safe: msg`Nothing was started.`,
      },
    );
  }
  return withWarmup(options, (s) =>
    s > n ? end / base : ((base - end) * (1 - progress(options, s)) ** power + end) / base,
  );
}

export function inverseSqrt(options: ScheduleOptions): Multiplier {
  const { numWarmupSteps: w, kwargs } = options;
  const timescale = settingsOf(kwargs).maybe('timescale') ?? (w || 10_000);
  return withWarmup(options, (s) => 1 / Math.sqrt((s + timescale - w) / timescale));
}

/** Rising and falling parts over p in [0, 1], before they are lifted to their floor. */
const RISING: Readonly<Record<string, Multiplier>> = {
  linear: (p) => p,
  cosine: (p) => 0.5 * (1 - Math.cos(Math.PI * p)),
  '1-sqrt': (p) => 1 - Math.sqrt(1 - p),
};
const FALLING: Readonly<Record<string, (p: number, cycles: number) => number>> = {
  linear: (p) => 1 - p,
  cosine: (p, cycles) => 0.5 * (1 + Math.cos(Math.PI * cycles * 2 * p)),
  '1-sqrt': (p) => 1 - Math.sqrt(p),
};

export function warmupStableDecay({ numTrainingSteps: n, numWarmupSteps: w, kwargs }: ScheduleOptions): Multiplier {
  const settings = settingsOf(kwargs);
  const decay = settings.number('num_decay_steps', 0);
  const stable = settings.maybe('num_stable_steps') ?? n - w - decay;
  const rising = RISING[settings.text('warmup_type', 'linear')]!;
  const falling = FALLING[settings.text('decay_type', 'cosine')]!;
  const cycles = settings.number('num_cycles', 0.5);
  const floor = settings.number('min_lr_ratio', 0);
  const lift = (factor: number): number => Math.max(0, factor * (1 - floor) + floor);
  return (s) => {
    if (s < w) return lift(rising(s / Math.max(1, w)));
    if (s < w + stable) return 1;
    return s < w + stable + decay ? lift(falling((s - w - stable) / Math.max(1, decay), cycles)) : floor;
  };
}
