// The text files of a checkpoint, as HF names and writes them.

import type { TrainableModel } from '#nn/trainable-model.ts';
import type { LrSchedule } from '#optim/get-scheduler.ts';
import { type TrainingArguments, toTrainingArgumentsJson } from '#protocol/training-arguments.ts';
import { stringifyHfJson } from '#util/hf-json.ts';
import type { ProcessingClass } from './trainer-options.ts';
import { type TrainerState, toTrainerStateJson } from './trainer-state.ts';

export interface CheckpointFileParts {
  readonly model: TrainableModel;
  readonly args: TrainingArguments;
  readonly rawArguments: Readonly<Record<string, unknown>>;
  readonly state: TrainerState;
  readonly processingClass: ProcessingClass | undefined;
  /** Null: weights only, nothing to resume from. */
  readonly resume: {
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
    files.set('config.json', stringifyHfJson('use_cache' in config ? { ...config, use_cache: args.useCache } : config));
  for (const [name, text] of processingClass?.savedFiles ?? []) files.set(name, text);
  files.set('training_args.json', stringifyHfJson(toTrainingArgumentsJson(args, parts.rawArguments)));
  files.set('trainer_state.json', stringifyHfJson(toTrainerStateJson(state)));
  if (resume) files.set(PROGRESS_FILE, stringifyHfJson(progressJson(parts, resume)));
  return files;
}

/** Dropout and data order follow from the seeds and the global step: no generator has a state beyond them. */
function progressJson({ args, state }: CheckpointFileParts, resume: NonNullable<CheckpointFileParts['resume']>) {
  return {
    scheduler: {
      type: args.lrSchedulerType,
      base_lr: args.learningRate,
      last_epoch: resume.schedulerSteps,
      last_lr: resume.learningRate,
      metric_state: resume.schedule.metric?.stateDict() ?? null,
    },
    rng: { seed: args.seed, data_seed: args.dataSeed ?? args.seed },
    skipped_steps: state.skippedSteps,
    optim: args.optim,
    fp16: args.fp16,
  };
}
