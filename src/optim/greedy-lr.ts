// `greedy`: transformers' GreedyLR. The rate rises after a row of good evaluations, falls after a row of bad ones, and
// starts over when it has stayed at its minimum for long. There is no warm-up of the rate.

import type { Settings } from './lr-schedules.ts';
import {
  type Comparison,
  comparisonOf,
  isBetter,
  lastLrIn,
  type MetricSchedule,
  numberIn,
  perGroup,
  worst,
} from './metric-schedule.ts';

/** Evaluations to sit out after a change; `cooldown` after a fall, `warmup` after a rise. */
interface Rest {
  cooldown: number;
  warmup: number;
}

export class GreedyLr implements MetricSchedule {
  learningRate: number;
  readonly #initial: number;
  readonly #comparison: Comparison;
  readonly #settings: Readonly<Record<'factor' | 'patience' | 'cooldown' | 'warmup' | 'eps' | 'min' | 'max', number>>;
  readonly #smoothing: RollingMean | null;
  readonly #windowSize: number;
  readonly #resetStart: number;
  #resetsIn: number;
  #evaluations = 0;
  #best: number;
  #good = 0;
  #bad = 0;
  #rest: Rest = { cooldown: 0, warmup: 0 };

  /** @param learningRate of the start, and of every start over. @param settings transformers' names and defaults. */
  constructor(learningRate: number, settings: Settings) {
    this.learningRate = learningRate;
    this.#initial = learningRate;
    this.#comparison = comparisonOf(settings, 1e-6, 'abs');
    this.#settings = {
      factor: settings.number('factor', 0.95),
      patience: settings.number('patience', 10),
      cooldown: settings.number('cooldown', 0),
      warmup: settings.number('warmup', 0),
      eps: settings.number('eps', 1e-8),
      min: settings.number('min_lr', 1e-3),
      max: settings.number('max_lr', 1),
    };
    this.#windowSize = settings.number('window_size', 50);
    this.#smoothing = settings.flag('smooth') ? new RollingMean(this.#windowSize) : null;
    this.#resetStart = settings.number('reset_start', 500);
    this.#resetsIn = this.#resetStart;
    this.#best = worst(this.#comparison);
  }

  step(metric: number): void {
    const value = this.#smoothing?.add(metric) ?? metric;
    this.#evaluations += 1;
    if (this.#resting()) return;
    if (isBetter(this.#comparison, value, this.#best)) {
      this.#best = value;
      this.#good += 1;
      this.#bad = 0;
    } else {
      this.#bad += 1;
      this.#good = 0;
    }
    if (this.#good > this.#settings.patience) this.#rise();
    else if (this.#bad > this.#settings.patience) this.#fall();
  }

  #resting(): boolean {
    const kind = this.#rest.cooldown > 0 ? 'cooldown' : this.#rest.warmup > 0 ? 'warmup' : null;
    if (kind === null) return false;
    this.#rest[kind] -= 1;
    this.#good = 0;
    this.#bad = 0;
    return true;
  }

  #rise(): void {
    const { factor, max, eps, warmup } = this.#settings;
    const raised = Math.min(this.learningRate / factor, max);
    if (raised - this.learningRate > eps) this.learningRate = raised;
    this.#resetsIn = this.#resetStart;
    this.#rest.warmup = warmup;
    this.#good = 0;
  }

  #fall(): void {
    const { factor, min, eps, cooldown } = this.#settings;
    const lowered = Math.max(this.learningRate * factor, min);
    if (this.learningRate - lowered > eps) this.learningRate = lowered;
    if (this.learningRate <= min) {
      this.#resetsIn -= 1;
      if (this.#resetsIn <= 0) this.#startOver();
    }
    // Also right after a start over, as in transformers.
    this.#rest.cooldown = cooldown;
    this.#bad = 0;
  }

  #startOver(): void {
    this.learningRate = this.#initial;
    this.#best = worst(this.#comparison);
    this.#good = 0;
    this.#rest = { cooldown: 0, warmup: 0 };
    this.#resetsIn = this.#resetStart;
    this.#smoothing?.clear();
  }

  stateDict(): Record<string, unknown> {
    const { factor, patience, cooldown, warmup, eps, min, max } = this.#settings;
    return {
      ...this.#comparison,
      ...{ factor, patience, cooldown, warmup, eps },
      min_lrs: perGroup(min),
      max_lrs: perGroup(max),
      verbose: false,
      cooldown_counter: this.#rest.cooldown,
      warmup_counter: this.#rest.warmup,
      best: this.#best,
      num_bad_epochs: this.#bad,
      num_good_epochs: this.#good,
      last_epoch: this.#evaluations,
      smooth: this.#smoothing !== null,
      window_size: this.#windowSize,
      reset_start: this.#resetsIn,
      reset_start_original: this.#resetStart,
      _last_lr: perGroup(this.learningRate),
      _init_lrs: perGroup(this.#initial),
      ...(this.#smoothing ? { _streaming_avg: this.#smoothing.stateDict() } : {}),
    };
  }

  loadStateDict(state: Readonly<Record<string, unknown>>): void {
    this.learningRate = lastLrIn(state, this.learningRate);
    this.#evaluations = numberIn(state, 'last_epoch', 0);
    this.#best = numberIn(state, 'best', this.#best);
    this.#good = numberIn(state, 'num_good_epochs', 0);
    this.#bad = numberIn(state, 'num_bad_epochs', 0);
    this.#rest = {
      cooldown: numberIn(state, 'cooldown_counter', 0),
      warmup: numberIn(state, 'warmup_counter', 0),
    };
    this.#resetsIn = numberIn(state, 'reset_start', this.#resetStart);
    this.#smoothing?.loadStateDict(state['_streaming_avg']);
  }
}

/** Mean of the last `size` values. The sum is carried along, as transformers does, so that rounding is the same. */
class RollingMean {
  readonly #size: number;
  #values: number[] = [];
  #sum = 0;

  constructor(size: number) {
    this.#size = size;
  }

  add(value: number): number {
    this.#values.push(value);
    this.#sum += value;
    if (this.#values.length > this.#size) this.#sum -= this.#values.shift()!;
    return this.#sum / this.#values.length;
  }

  clear(): void {
    this.#values = [];
    this.#sum = 0;
  }

  stateDict(): Record<string, unknown> {
    return { window_size: this.#size, values: [...this.#values], sum: this.#sum };
  }

  loadStateDict(state: unknown): void {
    const { values, sum } = (state ?? {}) as { values?: unknown; sum?: unknown };
    if (!Array.isArray(values) || typeof sum !== 'number') return;
    this.#values = values.filter((value) => typeof value === 'number');
    this.#sum = sum;
  }
}
