// Puts a run together: model with the head of its task, collator, metrics, Trainer. Used by the page's worker and by the
// runner.

import { collatorFor } from '#data/tasks/collator-for.ts';
import type { TaskData } from '#data/tasks/row-task.ts';
import type { LoraConfig } from '#protocol/lora-config.ts';
import type { RunSample } from '#protocol/messages.ts';
import type { TaskOptions } from '#protocol/task-options.ts';
import type { TrainingArguments } from '#protocol/training-arguments.ts';
import { storageFor } from '#trainer/compute-storage.ts';
import { Trainer } from '#trainer/trainer.ts';
import type { TrainerOptions } from '#trainer/trainer-options.ts';
import { describeRun, loadRun, type RunNetwork } from './describe-run.ts';
import { type OpenedAdapter, type OpenedModel, savedFilesOf } from './opened-model.ts';
import { planRunMemory } from './plan-memory.ts';
import { withRowSamples } from './row-samples.ts';
import { sampleCallback } from './sample-callback.ts';
import { metricsFor } from './task-metrics.ts';

export interface BuildOptions {
  readonly model: OpenedModel;
  readonly data: TaskData;
  readonly taskOptions: TaskOptions;
  /** Null: all weights are trained. */
  readonly peft: LoraConfig | null;
  /** What a new adapter goes on from; null: nothing. */
  readonly adapter: OpenedAdapter | null;
  readonly args: TrainingArguments;
  /** Told what the model makes of the sample prompt after an evaluation. */
  readonly onSample: (step: number, text: string) => void;
  /** Told what the model makes of a few validation rows at an evaluation. */
  readonly onRowSamples?: (samples: readonly Omit<RunSample, 'step'>[]) => void;
  readonly options: Pick<
    TrainerOptions,
    'callbacks' | 'hooks' | 'checkpointStore' | 'runId' | 'rawArguments' | 'trial' | 'pusher'
  >;
}

export interface BuiltRun {
  readonly trainer: Trainer;
  readonly network: RunNetwork;
  /** Parameters that start fresh. */
  readonly fresh: readonly string[];
}

/** Loads the weights; a new head starts from `args.seed`, as after HF's set_seed. */
export async function buildTrainer(build: BuildOptions): Promise<BuiltRun> {
  const { model, data, taskOptions, peft, adapter, args, onSample, onRowSamples, options } = build;
  const described = describeRun(model, data, peft);
  await loadRun(described, model, { seed: args.seed, storage: storageFor(args), adapter });
  const { network } = described;
  const prompt = data.task === 'text-generation' ? taskOptions.samplePrompt : '';
  const metrics = metricsFor(data);
  const computeMetrics = withRowSamples(metrics.computeMetrics, data, model.tokenizer, (samples) =>
    onRowSamples?.(samples),
  );
  const trainer = new Trainer({
    model: network,
    args,
    trainDataset: data.train,
    ...(data.validation ? { evalDataset: data.validation } : {}),
    dataCollator: collatorFor(data, model.tokenizer, taskOptions, args.dataSeed ?? args.seed),
    // An adapter is saved as PEFT saves it, without the settings of generation.
    processingClass: peft ? model.tokenizer : { savedFiles: await savedFilesOf(model, data.task) },
    planMemory: (perDeviceTrainBatchSize) =>
      planRunMemory({ model, data, taskOptions, peft, args: { ...args, perDeviceTrainBatchSize } }),
    ...metrics,
    ...(onRowSamples && computeMetrics ? { computeMetrics } : {}),
    ...options,
    callbacks: [...(options.callbacks ?? []), ...sampleCallback(network, model.tokenizer, prompt, onSample)],
  });
  return { trainer, network, fresh: described.prepared.plan.fresh };
}
