// What a search needs of the run of one trial; whoever builds Trainers gives it.

import type { RunId } from '#protocol/ids.ts';
import type { TrainingArguments } from '#protocol/training-arguments.ts';
import type { Metrics } from '../evaluation-loop.ts';
import type { TrainerHooks } from '../trainer-options.ts';
import type { Trial } from './trial.ts';

export interface TrialRun {
  /** Updates that an earlier attempt has done; 0 without one. */
  readonly step: number;
  /** To the end, or until `onEvaluated` answers true. */
  train(): Promise<void>;
  evaluate(): Promise<Metrics>;
  /** Called when the trial is the best so far. */
  keep(): Promise<void>;
  /** Frees model and optimizer. */
  dispose(): void;
}

export interface TrialStart {
  readonly trial: Trial;
  readonly args: TrainingArguments;
  readonly rawArguments: Readonly<Record<string, unknown>>;
  /** After each evaluation, all metrics of it together. @returns whether the trial ends here. */
  readonly onEvaluated: (step: number, metrics: Metrics) => Promise<boolean>;
}

export type TrialRunner = (start: TrialStart) => Promise<TrialRun>;

/** Hooks of a trial's Trainer: the search hears of each evaluation, and the trial ends where it says so. */
export const trialHooks = (hooks: TrainerHooks | undefined, { onEvaluated }: TrialStart): TrainerHooks => ({
  ...hooks,
  onEvaluated: async (metrics, run) => {
    await hooks?.onEvaluated?.(metrics, run);
    if (await onEvaluated(run.state.globalStep, metrics)) run.control.shouldTrainingStop = true;
  },
});

/** Where the checkpoints of a trial lie: beside those of the run that searches. */
export const trialRunId = (runId: RunId, { name }: Pick<Trial, 'name'>): RunId => `${runId}/${name}` as RunId;
