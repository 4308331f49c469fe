// The text files of a checkpoint, as HF names and writes them.

import type { DataCollator } from '#data/data-loader.ts';
import type { TrainableModel } from '#nn/trainable-model.ts';
import type { LrSchedule } from '#optim/get-scheduler.ts';
import type { Optimizer } from '#optim/optimizer.ts';
import { type TrainingArguments, toTrainingArgumentsJson } from '#protocol/training-arguments.ts';
import { stringifyHfJson } from '#util/hf-json.ts';
import type { ProcessingClass } from './processing-class.ts';
import { type TrainerState, toTrainerStateJson } from './trainer-state.ts';

export interface CheckpointFileParts {
  readonly model: TrainableModel;
  readonly args: TrainingArguments;
  readonly rawArguments: Readonly<Record<string, unknown>>;
  readonly state: TrainerState;
  readonly processingClass: ProcessingClass | undefined;
  readonly dataCollator: DataCollator | undefined;
  /** Null: weights only, nothing to resume from. */
  readonly resume: {
    readonly update: { readonly optimizer: Pick<Optimizer, 'paramGroups'> };
    readonly schedule: LrSchedule;
    readonly schedulerSteps: number;
    readonly learningRate: number;
  } | null;
}

/** File of our own: where the schedule and the generators stand, and how often a step was skipped. */
export const PROGRESS_FILE = 'progress.json';

export function checkpointFiles(parts: CheckpointFileParts): Map<string, string> {
  const { model, args, state, processingClass, resume } = parts;
  const files = new Map<string, string>();
  const config = model.configJson();
  if (config)
    files.set(
      model.configFile ?? 'config.json',
      stringifyHfJson('use_cache' in config ? { ...config, use_cache: args.useCache } : config),
    );
  for (const [name, text] of processingClass?.savedFiles ?? []) files.set(name, text);
  files.set('training_args.json', stringifyHfJson(toTrainingArgumentsJson(args, parts.rawArguments)));
  files.set('trainer_state.json', stringifyHfJson(toTrainerStateJson(state)));
  if (resume) files.set(PROGRESS_FILE, stringifyHfJson(progressJson(parts, resume)));
  return files;
}

/** What progress.json holds, in the names of HF and torch. Checkpoints of earlier versions lack what is optional. */
export interface Progress {
  readonly scheduler: {
    readonly type?: string;
    readonly base_lr?: number;
    /** Steps taken by the schedule. */
    readonly last_epoch: number;
    /** Of the update just taken, and of the coming one. */
    readonly last_lr?: number;
    readonly next_lr?: number;
    /** state_dict of a schedule that follows a metric. */
    readonly metric_state?: Readonly<Record<string, unknown>> | null;
  };
  /** Names of the parameters of each group, in torch's order. */
  readonly param_groups?: readonly { readonly weight_decay: number; readonly params: readonly string[] }[];
  readonly rng?: { readonly seed: number; readonly data_seed: number };
  readonly skipped_steps: number;
  /** Random numbers that the collator had drawn. */
  readonly collator_draws?: number;
  readonly optim?: string;
  readonly fp16?: boolean;
}

/** Dropout and data order follow from the seeds and the global step; a collator that draws says how far it is. */
function progressJson(
  { args, state, dataCollator }: CheckpointFileParts,
  resume: NonNullable<CheckpointFileParts['resume']>,
): Progress {
  const { schedule, schedulerSteps, learningRate, update } = resume;
  return {
    scheduler: {
      type: args.lrSchedulerType,
      base_lr: args.learningRate,
      last_epoch: schedulerSteps,
      last_lr: learningRate,
      next_lr: args.learningRate * schedule(schedulerSteps),
      metric_state: schedule.metric?.stateDict() ?? null,
    },
    param_groups: update.optimizer.paramGroups.map(({ weightDecay, parameters }) => ({
      weight_decay: weightDecay,
      params: [...parameters.keys()],
    })),
    rng: { seed: args.seed, data_seed: args.dataSeed ?? args.seed },
    skipped_steps: state.skippedSteps,
    ...(dataCollator?.drawn === undefined ? {} : { collator_draws: dataCollator.drawn }),
    optim: args.optim,
    fp16: args.fp16,
  };
}
