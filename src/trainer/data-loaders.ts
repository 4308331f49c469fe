// What the arguments make of data: the order in which training goes through its rows, and the loaders of batches.

import { type DataCollator, DataLoader } from '#data/data-loader.ts';
import type { Dataset } from '#data/dataset.ts';
import { LengthGroupedSampler, RandomSampler, type Sampler, SequentialSampler } from '#data/samplers.ts';
import type { TrainableModel } from '#nn/trainable-model.ts';
import type { TrainingArguments } from '#protocol/training-arguments.ts';
import { removeUnusedColumns } from './remove-unused-columns.ts';
import { rowLengths } from './row-lengths.ts';

interface SamplerParts {
  readonly args: TrainingArguments;
  readonly model: TrainableModel;
  readonly batchSize: number;
}

/** What `train_sampling_strategy` names. */
export function trainSampler(dataset: Dataset, { args, model, batchSize }: SamplerParts): Sampler {
  const seed = args.dataSeed ?? args.seed;
  switch (args.trainSamplingStrategy) {
    case 'random':
      return new RandomSampler(dataset.length, seed);
    case 'sequential':
      return new SequentialSampler(dataset.length);
    case 'group_by_length': {
      const lengths = rowLengths(dataset, args.lengthColumnName, model.inputNames[0]);
      return new LengthGroupedSampler(lengths, batchSize * args.gradientAccumulationSteps, seed);
    }
    default:
      return args.trainSamplingStrategy satisfies never;
  }
}

interface LoaderParts extends SamplerParts {
  readonly dataset: Dataset;
  readonly sampler: Sampler;
  readonly collator: DataCollator;
}

/** Batches of the columns that the model and the collator read. */
export function dataLoaderFor({ args, model, ...parts }: LoaderParts): DataLoader {
  const { dataset, collator } = parts;
  const read = [...model.inputNames, ...(model.inputNames.length > 0 ? (collator.columns ?? []) : [])];
  return new DataLoader({
    ...parts,
    dataset: args.removeUnusedColumns ? removeUnusedColumns(dataset, read, labelNamesOf(args, model)) : dataset,
    dropLast: args.dataloaderDropLast,
  });
}

export const labelNamesOf = (args: TrainingArguments, model: TrainableModel): readonly string[] =>
  args.labelNames ?? model.labelNames ?? ['labels'];
