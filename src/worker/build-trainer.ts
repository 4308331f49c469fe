// Puts a run together: model with the head of its task, collator, metrics, Trainer. Used by the page's worker and by the
// runner.

import { DataCollatorWithPadding } from '#data/collators/data-collator-with-padding.ts';
import { floatFieldsOf, type TextClassificationData } from '#data/text-classification.ts';
import { loadPrepared, type PreparedModel, prepareModel, type TaskHead } from '#models/auto-model.ts';
import type { TaskModel } from '#models/task-model.ts';
import type { TrainingArguments } from '#protocol/training-arguments.ts';
import { classificationMetrics } from '#trainer/classification-metrics.ts';
import { Trainer } from '#trainer/trainer.ts';
import type { TrainerOptions } from '#trainer/trainer-options.ts';
import type { OpenedModel } from './opened-model.ts';

export interface BuildOptions {
  readonly model: OpenedModel;
  readonly data: Pick<TextClassificationData, 'labels' | 'problemType' | 'train' | 'validation'>;
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
export async function buildTrainer({ model, data, args, options }: BuildOptions): Promise<BuiltRun> {
  const prepared = describeModel(model, { task: 'text-classification', ...data });
  const network = await loadPrepared(prepared, model.weights, args.seed);
  const trainer = new Trainer({
    model: network,
    args,
    trainDataset: data.train,
    ...(data.validation ? { evalDataset: data.validation } : {}),
    dataCollator: new DataCollatorWithPadding({
      tokenizer: model.tokenizer,
      floatFields: floatFieldsOf(data.problemType),
    }),
    processingClass: model.tokenizer,
    computeMetrics: classificationMetrics(data.problemType),
    ...options,
  });
  return { trainer, network, fresh: prepared.plan.fresh };
}
