// Puts a run together: model with the head of its task, collator, metrics, Trainer. Used by the page's worker and by the
// runner.

import { collatorFor } from '#data/tasks/collator-for.ts';
import type { TaskData } from '#data/tasks/row-task.ts';
import { loadPrepared, type PreparedModel, prepareModel, type TaskHead } from '#models/auto-model.ts';
import type { TaskModel } from '#models/task-model.ts';
import type { TaskOptions } from '#protocol/task-options.ts';
import type { TrainingArguments } from '#protocol/training-arguments.ts';
import { Trainer } from '#trainer/trainer.ts';
import type { TrainerOptions } from '#trainer/trainer-options.ts';
import type { OpenedModel } from './opened-model.ts';
import { metricsFor } from './task-metrics.ts';

export interface BuildOptions {
  readonly model: OpenedModel;
  readonly data: TaskData;
  readonly taskOptions: TaskOptions;
  readonly args: TrainingArguments;
  readonly options: Pick<TrainerOptions, 'callbacks' | 'hooks' | 'checkpointStore' | 'runId' | 'rawArguments'>;
}

export interface BuiltRun {
  readonly trainer: Trainer;
  readonly network: TaskModel;
  /** Parameters that start fresh. */
  readonly fresh: readonly string[];
}

/** Model with head, matched to its weights; nothing is loaded. */
export const describeModel = ({ json, weights }: OpenedModel, head: TaskHead): PreparedModel =>
  prepareModel(json, weights, head);

/** Loads the weights; a new head starts from `args.seed`, as after HF's set_seed. */
export async function buildTrainer({ model, data, taskOptions, args, options }: BuildOptions): Promise<BuiltRun> {
  const prepared = describeModel(model, data);
  const network = await loadPrepared(prepared, model.weights, args.seed);
  const trainer = new Trainer({
    model: network,
    args,
    trainDataset: data.train,
    ...(data.validation ? { evalDataset: data.validation } : {}),
    dataCollator: collatorFor(data, model.tokenizer, taskOptions, args.dataSeed ?? args.seed),
    processingClass: model.tokenizer,
    ...metricsFor(data),
    ...options,
  });
  return { trainer, network, fresh: prepared.plan.fresh };
}
