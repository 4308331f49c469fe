// `reduce_lr_on_plateau`: torch.optim.lr_scheduler.ReduceLROnPlateau. There is no warm-up.

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

export class ReduceLrOnPlateau implements MetricSchedule {
  learningRate: number;
  readonly #comparison: Comparison;
  readonly #factor: number;
  readonly #patience: number;
  readonly #cooldown: number;
  readonly #minLr: number;
  readonly #eps: number;
  #evaluations = 0;
  #best: number;
  #badEvaluations = 0;
  #cooling = 0;

  /** @param learningRate of the start. @param settings torch's names and defaults. */
  constructor(learningRate: number, settings: Settings) {
    this.learningRate = learningRate;
    this.#comparison = comparisonOf(settings, 1e-4, 'rel');
    this.#factor = settings.number('factor', 0.1);
    this.#patience = settings.number('patience', 10);
    this.#cooldown = settings.number('cooldown', 0);
    this.#minLr = settings.number('min_lr', 0);
    this.#eps = settings.number('eps', 1e-8);
    this.#best = worst(this.#comparison);
  }

  step(metric: number): void {
    this.#evaluations += 1;
    if (isBetter(this.#comparison, metric, this.#best)) {
      this.#best = metric;
      this.#badEvaluations = 0;
    } else this.#badEvaluations += 1;
    if (this.#cooling > 0) {
      this.#cooling -= 1;
      this.#badEvaluations = 0;
    }
    if (this.#badEvaluations <= this.#patience) return;
    const reduced = Math.max(this.learningRate * this.#factor, this.#minLr);
    if (this.learningRate - reduced > this.#eps) this.learningRate = reduced;
    this.#cooling = this.#cooldown;
    this.#badEvaluations = 0;
  }

  stateDict(): Record<string, unknown> {
    return {
      ...this.#comparison,
      factor: this.#factor,
      default_min_lr: this.#minLr,
      min_lrs: perGroup(this.#minLr),
      patience: this.#patience,
      cooldown: this.#cooldown,
      eps: this.#eps,
      last_epoch: this.#evaluations,
      _last_lr: perGroup(this.learningRate),
      mode_worse: worst(this.#comparison),
      best: this.#best,
      cooldown_counter: this.#cooling,
      num_bad_epochs: this.#badEvaluations,
    };
  }

  loadStateDict(state: Readonly<Record<string, unknown>>): void {
    this.learningRate = lastLrIn(state, this.learningRate);
    this.#evaluations = numberIn(state, 'last_epoch', 0);
    this.#best = numberIn(state, 'best', this.#best);
    this.#cooling = numberIn(state, 'cooldown_counter', 0);
    this.#badEvaluations = numberIn(state, 'num_bad_epochs', 0);
  }
}
