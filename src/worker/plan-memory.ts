// The memory plan of a run: of its model, without weights, on the longest rows of its data.

import type { Dataset } from '#data/dataset.ts';
import { collatorFor } from '#data/tasks/collator-for.ts';
import type { TaskData } from '#data/tasks/row-task.ts';
import { PeftModel } from '#models/peft/peft-model.ts';
import type { LoraConfig } from '#protocol/lora-config.ts';
import type { MemoryPlan } from '#protocol/memory-plan.ts';
import type { TaskOptions } from '#protocol/task-options.ts';
import type { TrainingArguments } from '#protocol/training-arguments.ts';
import { isDataset } from '#trainer/check-trainer-options.ts';
import { storageFor } from '#trainer/compute-storage.ts';
import { dataLoaderFor } from '#trainer/data-loaders.ts';
import { planMemory } from '#trainer/memory-plan.ts';
import { rowLengths } from '#trainer/row-lengths.ts';
import type { Batch } from '#util/nd-array.ts';
import { type DescribedRun, describeRun } from './describe-run.ts';
import type { OpenedModel } from './opened-model.ts';
import { metricsFor } from './task-metrics.ts';

export interface MemoryPlanInput {
  readonly model: OpenedModel;
  readonly data: TaskData;
  readonly taskOptions: TaskOptions;
  readonly peft: LoraConfig | null;
  readonly args: TrainingArguments;
}

/** @returns null where there is no WebGPU. */
export function planRunMemory(input: MemoryPlanInput): MemoryPlan | null {
  const { model, data, peft, args } = input;
  const described = describeRun(model, data, peft);
  const validations =
    data.validation && isDataset(data.validation) ? [data.validation] : Object.values(data.validation ?? {});
  const evaluated = args.evalStrategy === 'no' ? [] : validations;
  const evalBatches = evaluated.map((set) => longestBatch(input, set, args.perDeviceEvalBatchSize, described));
  return planMemory({
    model: described.network,
    load: () => loadNothing(described, args),
    args,
    batch: longestBatch(input, data.train, args.perDeviceTrainBatchSize, described),
    evalBatch: evalBatches.toSorted((a, b) => sizeOf(b) - sizeOf(a))[0] ?? null,
    evaluatesLogits: !args.predictionLossOnly && metricsFor(data).computeMetrics !== undefined,
    savesModel: true,
  });
}

const sizeOf = (batch: Batch): number => Math.max(...Object.values(batch).map(({ data }) => data.length));

function longestBatch(
  { model, data, taskOptions, args }: MemoryPlanInput,
  dataset: Dataset,
  batchSize: number,
  { network }: DescribedRun,
): Batch {
  const lengths = rowLengths(dataset, '', network.inputNames[0]);
  const longest = lengths.reduce((best, length, row) => (length > lengths[best]! ? row : best), 0);
  return dataLoaderFor({
    dataset,
    // Every row as long as the longest: batches can not be larger.
    sampler: { length: batchSize, indices: () => new Int32Array(batchSize).fill(longest) },
    batchSize,
    collator: collatorFor(data, model.tokenizer, taskOptions, args.seed),
    args,
    model: network,
  }).batch(0, 0);
}

/** Zeros of the right size: nobody will read them. */
function loadNothing({ network, prepared }: DescribedRun, args: TrainingArguments): void {
  const parameters = [...prepared.model.namedParameters().values()];
  const zeros = new Float32Array(Math.max(...parameters.map(({ size }) => size)));
  for (const parameter of parameters) parameter.load(zeros.subarray(0, parameter.size));
  if (network instanceof PeftModel) network.start(args.seed, storageFor(args));
}
