// What a callback may hear and do. HF's TrainerCallback: every event is optional and may be asynchronous.

import type { LogEntry } from '#protocol/metrics.ts';
import type { TrainingArguments } from '#protocol/training-arguments.ts';
import type { TrainerControl } from '../trainer-control.ts';
import type { CallbackState, TrainerState } from '../trainer-state.ts';

/** Given to every event. `control` and `state` are the run's own: a callback steers by setting the flags. */
export interface CallbackContext {
  readonly args: TrainingArguments;
  readonly state: TrainerState;
  readonly control: TrainerControl;
  /** With onLog: the entry as it goes into the log history. */
  readonly logs?: LogEntry;
  /** With onEvaluate and onPredict. */
  readonly metrics?: Readonly<Record<string, unknown>>;
  /** With onPredictionStep: finished and total batches. */
  readonly prediction?: { readonly batch: number; readonly batches: number };
}

export type CallbackEvent =
  | 'onInitEnd'
  | 'onTrainBegin'
  | 'onEpochBegin'
  | 'onStepBegin'
  | 'onSubstepEnd'
  | 'onPreOptimizerStep'
  | 'onOptimizerStep'
  | 'onStepEnd'
  | 'onLog'
  | 'onPredictionStep'
  | 'onEvaluate'
  | 'onPredict'
  | 'onSave'
  | 'onEpochEnd'
  | 'onTrainEnd';

export type TrainerCallback = { readonly name: string } & {
  readonly [E in CallbackEvent]?: (context: CallbackContext) => void | Promise<void>;
} & {
  /** A stateful callback: what it keeps in a checkpoint, and how it takes it back. */
  readonly exportState?: () => CallbackState;
  readonly restoreState?: (state: CallbackState) => void;
};
