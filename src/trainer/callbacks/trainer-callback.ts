// What a callback may hear and do. HF's TrainerCallback: every event is optional and may be asynchronous.

import type { DataLoader } from '#data/data-loader.ts';
import type { TrainableModel } from '#nn/trainable-model.ts';
import type { LrSchedule } from '#optim/get-scheduler.ts';
import type { Optimizer } from '#optim/optimizer.ts';
import type { LogEntry } from '#protocol/metrics.ts';
import type { TrainingArguments } from '#protocol/training-arguments.ts';
import type { ProcessingClass } from '../processing-class.ts';
import type { TrainerControl } from '../trainer-control.ts';
import type { CallbackState, TrainerState } from '../trainer-state.ts';

/** Given to every event. `control` and `state` are the run's own: a callback steers by setting the flags. */
export interface CallbackContext {
  readonly args: TrainingArguments;
  readonly state: TrainerState;
  readonly control: TrainerControl;
  /** Null before `modelInit` was called. */
  readonly model: TrainableModel | null;
  readonly processingClass: ProcessingClass | null;
  /** These three are null before the run has made them. */
  readonly optimizer: Optimizer | null;
  readonly lrScheduler: LrSchedule | null;
  readonly trainDataloader: DataLoader | null;
  /** Of the latest evaluation. */
  readonly evalDataloader: DataLoader | null;
  /** With onLog: the entry as it goes into the log history. */
  readonly logs?: LogEntry;
  /** With onEvaluate and onPredict. */
  readonly metrics?: Readonly<Record<string, unknown>>;
  /** With onPredictionStep: finished and total batches. */
  readonly prediction?: { readonly batch: number; readonly batches: number };
}

/** In HF's order. */
export const CALLBACK_EVENTS = [
  'onInitEnd',
  'onTrainBegin',
  'onEpochBegin',
  'onStepBegin',
  'onSubstepEnd',
  'onPreOptimizerStep',
  'onOptimizerStep',
  'onStepEnd',
  'onLog',
  'onPredictionStep',
  'onEvaluate',
  'onPredict',
  'onSave',
  'onPushBegin',
  'onEpochEnd',
  'onTrainEnd',
] as const;

export type CallbackEvent = (typeof CALLBACK_EVENTS)[number];

export type TrainerCallback = { readonly name: string } & {
  readonly [E in CallbackEvent]?: (context: CallbackContext) => void | Promise<void>;
} & {
  /** A stateful callback: what it keeps in a checkpoint, and how it takes it back. */
  readonly exportState?: () => CallbackState;
  readonly restoreState?: (state: CallbackState) => void;
};
