// Stops when the watched metric has not improved for a number of evaluations. HF's EarlyStoppingCallback.

import type { TrainingArguments } from '#protocol/training-arguments.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import type { CallbackState } from '../trainer-state.ts';
import type { CallbackContext, TrainerCallback } from './trainer-callback.ts';

export interface EarlyStoppingOptions {
  /** Evaluations without improvement before the run stops. Default 1. */
  readonly patience?: number;
  /** Improvements up to this size do not count. Default 0. */
  readonly threshold?: number;
}

export class EarlyStoppingCallback implements TrainerCallback {
  readonly name = 'EarlyStoppingCallback';
  /** Evaluations without improvement before the run stops. May change while it trains. */
  patience: number;
  readonly #threshold: number;
  #counter = 0;

  constructor({ patience = 1, threshold = 0 }: EarlyStoppingOptions = {}) {
    this.patience = patience;
    this.#threshold = threshold;
  }

  onTrainBegin({ args }: Pick<CallbackContext, 'args'>): void {
    checkEarlyStopping(args);
  }

  /** Runs before the best metric is updated: the comparison is with the best of all earlier evaluations. */
  onEvaluate({ args, state, control, metrics }: Pick<CallbackContext, 'args' | 'state' | 'control' | 'metrics'>): void {
    const value = metrics?.[evalKey(args.metricForBestModel ?? 'loss')];
    if (typeof value !== 'number') return;
    const best = state.bestMetric;
    const better =
      best === null ||
      ((args.greaterIsBetter ? value > best : value < best) && Math.abs(value - best) > this.#threshold);
    this.#counter = better ? 0 : this.#counter + 1;
    if (this.#counter >= this.patience) control.shouldTrainingStop = true;
  }

  exportState() {
    return {
      args: { early_stopping_patience: this.patience, early_stopping_threshold: this.#threshold },
      attributes: { early_stopping_patience_counter: this.#counter },
    };
  }

  restoreState({ attributes }: CallbackState): void {
    this.#counter = Number(attributes['early_stopping_patience_counter'] ?? 0);
  }
}

/** @throws StudioError E-ARGS when nothing would be watched. */
export function checkEarlyStopping({ metricForBestModel, evalStrategy }: TrainingArguments): void {
  if (metricForBestModel !== null && evalStrategy !== 'no') return;
  throw new StudioError('E-ARGS', msg`Early stopping needs evaluations and a metric to watch.`, {
    where: 'metric_for_best_model, eval_strategy',
    hint: msg`Set eval_strategy to steps or epoch, and metric_for_best_model.`,
    safe: msg`Nothing was started.`,
  });
}

/** A metric's key in an evaluation: with the prefix, once. */
export function evalKey(metric: string): string {
  return metric.startsWith('eval_') ? metric : `eval_${metric}`;
}
