// What a Trainer is made of: HF's constructor arguments, and where its checkpoints live.

import type { DataCollator } from '#data/data-loader.ts';
import type { Dataset } from '#data/dataset.ts';
import type { ComputeLossFunc } from '#nn/custom-loss.ts';
import type { TrainableModel } from '#nn/trainable-model.ts';
import type { LrSchedule } from '#optim/get-scheduler.ts';
import type { Optimizer } from '#optim/optimizer.ts';
import type { RunId } from '#protocol/ids.ts';
import type { MemoryPlan } from '#protocol/memory-plan.ts';
import type { TrainingArguments } from '#protocol/training-arguments.ts';
import type { CheckpointStore } from '#storage/checkpoint-store.ts';
import type { CallbackContext, TrainerCallback } from './callbacks/trainer-callback.ts';
import type { CheckpointWriterHooks } from './checkpoint-writer.ts';
import type { ComputeMetrics, LossMetrics, Metrics, PreprocessLogits } from './evaluation-loop.ts';
import type { HubPusher, Pushed } from './hub-pusher.ts';
import type { ProcessingClass } from './processing-class.ts';
import type { UpdateRecord } from './telemetry.ts';
import type { TrialInfo } from './trainer-state.ts';
import type { LossPlace } from './training-session.ts';

/** Acts on the control flags now: logs, evaluates or saves what they ask for. */
export type ActOnFlags = () => Promise<void>;

export interface TrainerHooks extends CheckpointWriterHooks {
  /** Between two updates, when everything due was done: the place to pause, and to ask for more through the flags. */
  readonly betweenSteps?: (act: ActOnFlags) => Promise<void>;
  /** Each update as it was read back, in order. */
  readonly onUpdate?: (record: UpdateRecord) => void;
  /** Told once when steps can not be recorded and replayed, which only makes them slower: why. */
  readonly onNotReplayed?: (reason: string) => void;
  /** Told of the first loss that is no finite number, whether or not the log filters it. */
  readonly onNonFiniteLoss?: (place: LossPlace) => void;
  /** Told what a person should know and what stops nothing: what a resumed run does otherwise than the one before. */
  readonly onWarning?: (message: string) => void;
  /** Told all metrics of an evaluation of training together, also where there are several sets. May set the flags. */
  readonly onEvaluated?: (metrics: Metrics, run: Pick<CallbackContext, 'state' | 'control'>) => void | Promise<void>;
  /** Asked when training has ended: whether it ended early, to go on later. Then every checkpoint stays as it is. */
  readonly isInterrupted?: () => boolean;
  /** Told when a push to the Hub has come to its end; of one that failed `onWarning` tells. */
  readonly onPushed?: (pushed: Pushed) => void;
  /** Told when memory ran out and training starts again with fewer rows at once. */
  readonly onBatchSize?: (change: { readonly from: number; readonly to: number }) => void;
}

export interface TrainerOptions {
  /** Exactly one of `model` and `modelInit`. */
  readonly model?: TrainableModel;
  /** Builds a fresh model at every `train()`; null: it is no trial of a search. */
  readonly modelInit?: (trial: TrialInfo | null) => TrainableModel | Promise<TrainableModel>;
  readonly args: TrainingArguments;
  /** The arguments as they were given, unknown fields too, for training_args.json. */
  readonly rawArguments?: Readonly<Record<string, unknown>>;
  /** Default: stacks fields without padding. */
  readonly dataCollator?: DataCollator;
  readonly trainDataset?: Dataset;
  /** One set, or several by name. */
  readonly evalDataset?: Dataset | Readonly<Record<string, Dataset>>;
  readonly processingClass?: ProcessingClass;
  readonly computeMetrics?: ComputeMetrics;
  /** In place of the model's own loss. Steps with operations of tfjs itself are not replayed. */
  readonly computeLossFunc?: ComputeLossFunc;
  readonly callbacks?: readonly TrainerCallback[];
  /** An optimizer and its schedule in place of those the arguments name. */
  readonly optimizers?: readonly [Optimizer, LrSchedule];
  readonly preprocessLogitsForMetrics?: PreprocessLogits;
  /** Metrics that follow from the mean loss of an evaluation alone, such as perplexity. No logits are read for them. */
  readonly lossMetrics?: LossMetrics;
  /** Without a store nothing is saved: save_strategy must be "no". */
  readonly checkpointStore?: CheckpointStore;
  readonly runId?: RunId;
  /** Takes saves to the Hub: needed with push_to_hub. */
  readonly pusher?: HubPusher;
  /** What a run with so many rows at once takes of memory: auto_find_batch_size asks it what fits. Default: not known. */
  readonly planMemory?: (batchSize: number) => MemoryPlan | null;
  /** This run is one of a search. */
  readonly trial?: TrialInfo;
  readonly hooks?: TrainerHooks;
}
