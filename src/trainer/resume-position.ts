// Where in the data a resumed run goes on: at the row after the last one that was learned from, also where the batch or
// the accumulation is another one now.

import { countBatches } from '#protocol/run-plan.ts';
import type { TrainingArguments } from '#protocol/training-arguments.ts';
import type { TrainerState } from './trainer-state.ts';

export interface DataPosition {
  /** The epoch that is going on, from 0. */
  readonly epoch: number;
  /** Rows of it that are done. */
  readonly row: number;
  /** Updates done beyond those that the present batch would have needed to come here. */
  readonly stepOffset: number;
}

export const RUN_START: DataPosition = { epoch: 0, row: 0, stepOffset: 0 };

interface LoaderFacts {
  /** Batches in an epoch. */
  readonly length: number;
  readonly batchSize: number;
  /** Rows in an epoch. */
  readonly rows: number;
}

/** @param state of the checkpoint. @param loader of the run that goes on. */
export function resumePosition(
  state: Pick<TrainerState, 'epoch' | 'globalStep' | 'trainBatchSize'>,
  loader: LoaderFacts,
  args: Pick<TrainingArguments, 'gradientAccumulationSteps' | 'dataloaderDropLast' | 'ignoreDataSkip'>,
): DataPosition {
  const accumulation = args.gradientAccumulationSteps;
  const stepsPerEpoch = Math.ceil(loader.length / accumulation);
  const { epoch, row } = rowsDone(state, loader, args);
  const batchesLeft = countBatches(loader.rows - row, loader.batchSize, args.dataloaderDropLast);
  const done = (epoch + 1) * stepsPerEpoch - Math.ceil(batchesLeft / accumulation);
  return { epoch, row: args.ignoreDataSkip ? 0 : row, stepOffset: state.globalStep - done };
}

/** By updates, as HF counts, where the checkpoint's epoch agrees; else by the epoch and the batch that it names. */
function rowsDone(
  { epoch: saved, globalStep, trainBatchSize }: Pick<TrainerState, 'epoch' | 'globalStep' | 'trainBatchSize'>,
  { length, batchSize, rows }: LoaderFacts,
  args: Pick<TrainingArguments, 'gradientAccumulationSteps' | 'dataloaderDropLast'>,
): { readonly epoch: number; readonly row: number } {
  const accumulation = args.gradientAccumulationSteps;
  const stepsPerEpoch = Math.ceil(length / accumulation);
  const batches = (globalStep % stepsPerEpoch) * accumulation;
  const byStep = Math.floor(globalStep / stepsPerEpoch) + batches / length;
  const isSameBatch = trainBatchSize === 0 || trainBatchSize === batchSize;
  if (isSameBatch && Math.abs(byStep - saved) < 1e-6)
    return { epoch: Math.floor(globalStep / stepsPerEpoch), row: batches * batchSize };
  const earlierBatch = trainBatchSize || batchSize;
  const epoch = Math.floor(saved + 1e-6);
  const done = Math.round((saved - epoch) * countBatches(rows, earlierBatch, args.dataloaderDropLast));
  return { epoch, row: Math.min(rows, Math.max(0, done) * earlierBatch) };
}
