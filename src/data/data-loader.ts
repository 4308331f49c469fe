// Batches by number: batch `index` of epoch `epoch` is the same whether or not the batches before it were made, so a
// resumed run goes straight to where it was.

import { msg } from '#util/msg.ts';
import type { Batch } from '#util/nd-array.ts';
import { StudioError } from '#util/studio-error.ts';
import type { Dataset, Example } from './dataset.ts';
import type { Sampler } from './samplers.ts';

/** Makes one batch of examples. */
export interface DataCollator<T = Example> {
  collate(examples: readonly T[]): Batch;
  /** Columns that it reads besides the model's inputs and the labels. */
  readonly columns?: readonly string[];
  /** Random numbers drawn so far, where it draws any: a resumed run goes on from there. */
  readonly drawn?: number;
  resumeAt?(drawn: number): void;
  /** The collator of an evaluation, where that is another one. */
  forEvaluation?(): DataCollator<T>;
}

export interface DataLoaderOptions<T> {
  readonly dataset: Dataset<T>;
  readonly sampler: Sampler;
  readonly batchSize: number;
  /** Leave out a last batch that is not full. */
  readonly dropLast: boolean;
  readonly collator: DataCollator<T>;
  /** Rows that are left out at the beginning of an epoch. Default 0. */
  readonly firstRow?: number;
}

export class DataLoader<T = Example> {
  /** Batches in an epoch. */
  readonly length: number;
  readonly batchSize: number;
  /** Rows in an epoch. */
  readonly rows: number;
  readonly #options: DataLoaderOptions<T>;
  #order: { readonly epoch: number; readonly indices: Int32Array } | null = null;

  /** @throws StudioError E-ARGS for a batch size that is not a positive whole number. */
  constructor(options: DataLoaderOptions<T>) {
    const { sampler, batchSize, dropLast, firstRow = 0 } = options;
    if (!Number.isInteger(batchSize) || batchSize < 1) {
      throw new StudioError(
        'E-ARGS',
        msg`The batch size is ${batchSize}, but has to be a whole number of at least 1.`,
        {
          where: 'per_device_batch_size',
        },
      );
    }
    this.#options = options;
    this.batchSize = batchSize;
    this.rows = sampler.length - firstRow;
    this.length = dropLast ? Math.floor(this.rows / batchSize) : Math.ceil(this.rows / batchSize);
  }

  /** The same without the first rows of an epoch: what a run that was interrupted there has left. */
  startingAt(firstRow: number): DataLoader<T> {
    return firstRow === 0 ? this : new DataLoader({ ...this.#options, firstRow });
  }

  /** `epoch` and `index` count from 0. */
  batch(epoch: number, index: number): Batch {
    const { dataset, collator } = this.#options;
    return collator.collate(this.rowsOf(epoch, index).map((row) => dataset.get(row)));
  }

  /** Rows of the data set in batch `index`. */
  rowsOf(epoch: number, index: number): number[] {
    const start = (this.#options.firstRow ?? 0) + index * this.batchSize;
    return [...this.#indices(epoch).subarray(start, start + this.batchSizeOf(index))];
  }

  /** How many examples batch `index` holds. */
  batchSizeOf(index: number): number {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) {
      throw new StudioError('E-INTERNAL', msg`Batch ${index} was asked for, but an epoch has ${this.length}.`);
    }
    return Math.min(this.batchSize, this.rows - index * this.batchSize);
  }

  #indices(epoch: number): Int32Array {
    if (this.#order?.epoch !== epoch) this.#order = { epoch, indices: this.#options.sampler.indices(epoch) };
    return this.#order.indices;
  }
}
