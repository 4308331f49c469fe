// A hyperparameter search of the studio: its trials are runs of their own.

import type { WireError } from './errors.ts';
import type { RunId, SweepId } from './ids.ts';
import type { SearchSpace } from './search-space.ts';
import type { RunSetup } from './studio-data.ts';

export const SWEEP_SAMPLERS = ['tpe', 'random', 'grid'] as const;
export type SweepSampler = (typeof SWEEP_SAMPLERS)[number];

export interface SweepOptions {
  readonly space: SearchSpace;
  /** Null: the whole grid, else HF's 20. */
  readonly nTrials: number | null;
  readonly sampler: SweepSampler;
  /** Ends hopeless trials at their evaluations. */
  readonly pruner: 'median' | 'none';
}

export interface SweepTrial {
  /** From 0. */
  readonly number: number;
  readonly params: Readonly<Record<string, unknown>>;
  readonly state: 'running' | 'complete' | 'pruned' | 'failed';
  /** Null before the end, and of a trial that failed. */
  readonly value: number | null;
  /** After each evaluation. */
  readonly reports: readonly { readonly step: number; readonly value: number }[];
  readonly error?: string | undefined;
  /** The run that it is; null until it began. */
  readonly runId: RunId | null;
}

/** As the search keeps it, to go on from. */
export interface SweepSearch {
  readonly settings: {
    readonly space: SearchSpace;
    readonly direction: 'minimize' | 'maximize';
    readonly sampler: string;
    readonly pruner: string;
    readonly seed: number;
  };
  readonly trials: readonly (Omit<SweepTrial, 'runId' | 'error'> & {
    readonly name: string;
    readonly error?: string;
  })[];
}

export type SweepState =
  | { readonly status: 'running' }
  /** By the person, or because the page went away: it can go on. */
  | { readonly status: 'stopped' }
  | { readonly status: 'completed' }
  | { readonly status: 'failed'; readonly error: WireError };

export interface SweepDetail {
  readonly sweepId: SweepId;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly state: SweepState;
  readonly options: SweepOptions;
  /** Whether less of the objective is better. */
  readonly direction: 'minimize' | 'maximize';
  /** What the objective is: a metric's name. */
  readonly objective: string;
  readonly modelName: string;
  readonly dataName: string;
  readonly trials: readonly SweepTrial[];
}

export interface SweepRequests {
  'sweep/start': { params: { setup: RunSetup; options: SweepOptions }; result: { sweepId: SweepId } };
  /** Goes on with one that was stopped or interrupted: what its trials have done counts. */
  'sweep/resume': { params: { sweepId: SweepId }; result: Record<never, never> };
  /** Ends the trial in training with a checkpoint. */
  'sweep/stop': { params: { sweepId: SweepId }; result: Record<never, never> };
  /** Newest first. */
  'sweep/list': { params: Record<never, never>; result: readonly SweepDetail[] };
  /** The runs of its trials stay. */
  'sweep/delete': { params: { sweepId: SweepId }; result: Record<never, never> };
}

/** Comes whenever something of a sweep changed. */
export interface SweepEvent {
  readonly type: 'sweep/changed';
  readonly sweep: SweepDetail;
}
