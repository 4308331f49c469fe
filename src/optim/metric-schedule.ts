// Schedules that follow a metric: what the Trainer tells them, and the counting they share.
// The Trainer calls `step` with metric_for_best_model after every evaluation but the one before the first update.

import type { Settings } from './lr-schedules.ts';

export interface MetricSchedule {
  /** Of the coming update; the same for all parameters. */
  readonly learningRate: number;
  /** Takes the metric of one evaluation, and may change the learning rate. */
  step(metric: number): void;
  /** PyTorch's state_dict, with its names. */
  stateDict(): Record<string, unknown>;
  /** Takes counters and the learning rate back from a state_dict. Settings stay those of the arguments. */
  loadStateDict(state: Readonly<Record<string, unknown>>): void;
}

/** When a metric counts as better than the best so far. */
export interface Comparison {
  readonly mode: string;
  readonly threshold: number;
  readonly threshold_mode: string;
}

export function comparisonOf(settings: Settings, threshold: number, thresholdMode: string): Comparison {
  return {
    mode: settings.text('mode', 'min'),
    threshold: settings.number('threshold', threshold),
    threshold_mode: settings.text('threshold_mode', thresholdMode),
  };
}

export const worst = ({ mode }: Comparison): number => (mode === 'min' ? Infinity : -Infinity);

/** NaN is never better. */
export function isBetter({ mode, threshold, threshold_mode }: Comparison, value: number, best: number): boolean {
  if (mode === 'min') return value < (threshold_mode === 'rel' ? best * (1 - threshold) : best - threshold);
  return value > (threshold_mode === 'rel' ? best * (1 + threshold) : best + threshold);
}

/** A number of a state_dict; `fallback` where it is missing. */
export function numberIn(state: Readonly<Record<string, unknown>>, name: string, fallback: number): number {
  const value = state[name];
  return typeof value === 'number' ? value : fallback;
}

/** The rate that a state_dict holds once for each parameter group. */
export function lastLrIn(state: Readonly<Record<string, unknown>>, fallback: number): number {
  const rates = state['_last_lr'];
  return Array.isArray(rates) && typeof rates[0] === 'number' ? rates[0] : fallback;
}

/** HF's Trainer has two parameter groups, which share their rate here. */
export const perGroup = (value: number): number[] => [value, value];
