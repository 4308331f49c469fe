// One attempt of a hyperparameter search, and how the attempts are kept.

import type { Hyperparameters, SearchSpace } from '#protocol/search-space.ts';

export type SearchDirection = 'minimize' | 'maximize';
export type TrialState = 'running' | 'complete' | 'pruned' | 'failed';

export interface Trial {
  /** From 0. */
  readonly number: number;
  /** HF's hp_name, else `run-<number>`: where its checkpoints lie. */
  readonly name: string;
  readonly params: Hyperparameters;
  readonly state: TrialState;
  /** What the search goes by; null before the end, and of a trial that failed. */
  readonly value: number | null;
  /** After each evaluation, in order. */
  readonly reports: readonly TrialReport[];
  /** Why a trial failed. */
  readonly error?: string;
}

export interface TrialReport {
  /** Updates done. */
  readonly step: number;
  readonly value: number;
}

/** What has to be the same for a search to go on. */
export interface SearchSettings {
  readonly space: SearchSpace;
  readonly direction: SearchDirection;
  readonly sampler: string;
  readonly pruner: string;
  readonly seed: number;
}

export interface StoredSearch {
  readonly settings: SearchSettings;
  readonly trials: readonly Trial[];
}

/** Where the trials are kept, so that a search can go on after an interruption. */
export interface TrialStore {
  /** Null: there is none. */
  load(): Promise<StoredSearch | null>;
  save(search: StoredSearch): Promise<void>;
}

/** Whether `a` is better than `b`. */
export const isBetter = (direction: SearchDirection, a: number, b: number): boolean =>
  direction === 'minimize' ? a < b : a > b;
