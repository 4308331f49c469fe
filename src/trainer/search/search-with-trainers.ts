// A search whose trials are Trainers made from the options of one. Called by `Trainer.hyperparameterSearch`.

import type { TrainableModel } from '#nn/trainable-model.ts';
import { toTrainingArgumentsJson } from '#protocol/training-arguments.ts';
import type { StoredCheckpoint } from '#storage/checkpoint-store.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import type { Metrics } from '../evaluation-loop.ts';
import { latestCheckpoint } from '../run-checkpoints.ts';
import type { TrainerOptions } from '../trainer-options.ts';
import { type BestRun, hyperparameterSearch, type SearchOptions } from './hyperparameter-search.ts';
import { type TrialRun, type TrialStart, trialHooks, trialRunId } from './trial-run.ts';

/** What a trial needs of its Trainer. */
interface TrialTrainer {
  train(resumeFrom: StoredCheckpoint | false): Promise<unknown>;
  evaluate(): Promise<Metrics>;
  dispose(): void;
}

type MakeTrainer = (options: TrainerOptions) => TrialTrainer;

/** @throws StudioError E-ARGS without `modelInit`; and as `hyperparameterSearch`. */
export async function searchWithTrainers(
  search: SearchOptions,
  options: TrainerOptions,
  makeTrainer: MakeTrainer,
): Promise<BestRun> {
  const { modelInit, args, rawArguments = toTrainingArgumentsJson(args) } = options;
  if (!modelInit)
    throw new StudioError('E-ARGS', msg`A search needs a new model for each trial.`, {
      where: 'modelInit',
      hint: msg`Give modelInit, a function that makes the model, in place of model.`,
      safe: msg`Nothing was started.`,
    });
  const runTrial = (start: TrialStart): Promise<TrialRun> => openTrial(start, { ...options, modelInit }, makeTrainer);
  return hyperparameterSearch(search, { args, rawArguments, runTrial });
}

async function openTrial(
  start: TrialStart,
  options: TrainerOptions & Required<Pick<TrainerOptions, 'modelInit'>>,
  makeTrainer: MakeTrainer,
): Promise<TrialRun> {
  const { checkpointStore, runId, hooks, modelInit } = options;
  const { trial, args, rawArguments } = start;
  const place = checkpointStore && runId ? { checkpointStore, runId: trialRunId(runId, trial) } : null;
  const stored = place && (await latestCheckpoint(place.checkpointStore, place.runId));
  let model: TrainableModel | null = null;
  const trainer = makeTrainer({
    ...options,
    ...place,
    args,
    rawArguments,
    trial,
    hooks: trialHooks(hooks, start),
    modelInit: async (info) => {
      model = await modelInit(info);
      return model;
    },
  });
  return {
    step: stored?.manifest.step ?? 0,
    train: async () => void (await trainer.train(stored ?? false)),
    evaluate: () => trainer.evaluate(),
    keep: async () => undefined,
    dispose: () => {
      trainer.dispose();
      model?.dispose?.();
    },
  };
}
