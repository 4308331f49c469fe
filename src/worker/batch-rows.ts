// Which rows a step of a run learned from.

import type { DataCollator } from '#data/data-loader.ts';
import type { TaskData } from '#data/tasks/row-task.ts';
import type { TrainableModel } from '#nn/trainable-model.ts';
import type { BatchRow } from '#protocol/messages.ts';
import { resolveSteps } from '#protocol/run-plan.ts';
import type { TrainingArguments } from '#protocol/training-arguments.ts';
import type { PreTrainedTokenizer } from '#tokenizers/auto-tokenizer.ts';
import { dataLoaderFor, trainSampler } from '#trainer/data-loaders.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import { exampleLabel, exampleText } from './example-text.ts';

interface BatchSource {
  readonly data: TaskData;
  readonly args: TrainingArguments;
  /** Its weights are not needed. */
  readonly model: TrainableModel;
  readonly collator: DataCollator;
  readonly tokenizer: PreTrainedTokenizer;
}

/**
 * @param step from 1.
 * @returns all micro-batches of the step, in order; as the arguments are now, for a run that went on with others.
 */
export function batchRows(step: number, { data, args, model, collator, tokenizer }: BatchSource): readonly BatchRow[] {
  const batchSize = args.perDeviceTrainBatchSize;
  const sampler = trainSampler(data.train, { args, model, batchSize });
  const loader = dataLoaderFor({ dataset: data.train, sampler, batchSize, collator, args, model });
  const { maxSteps, stepsPerEpoch } = resolveSteps(args, loader.length);
  if (step < 1 || step > maxSteps)
    throw new StudioError('E-STATE', msg`The run has ${maxSteps} steps, and step ${step} is none of them.`);
  const epoch = Math.floor((step - 1) / stepsPerEpoch);
  const first = ((step - 1) % stepsPerEpoch) * args.gradientAccumulationSteps;
  const count = Math.min(args.gradientAccumulationSteps, loader.length - first);
  const rows = Array.from({ length: count }, (_, micro) => loader.rowsOf(epoch, first + micro)).flat();
  return rows.map((row) => {
    const example = data.train.get(row);
    return { row, text: exampleText(example, tokenizer), label: exampleLabel(example, data) };
  });
}
