// Where a resumed run goes on in its data, with the batch of before and with another one.

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { resumePosition } from '#trainer/resume-position.ts';
import { losses, openStep, start } from '../../setup/regression-run.ts';

beforeAll(() => tf.setBackend('cpu'));

interface Case {
  readonly epoch: number;
  readonly globalStep: number;
  readonly trainBatchSize: number;
  readonly rows: number;
  readonly batchSize: number;
  readonly accumulation?: number;
  readonly dropLast?: boolean;
  readonly skip?: boolean;
}

function positionOf({ rows, batchSize, accumulation = 1, dropLast = false, skip = false, ...state }: Case) {
  const length = dropLast ? Math.floor(rows / batchSize) : Math.ceil(rows / batchSize);
  return resumePosition(
    state,
    { length, rows, batchSize },
    { gradientAccumulationSteps: accumulation, dataloaderDropLast: dropLast, ignoreDataSkip: skip },
  );
}

describe('resumePosition', () => {
  it.each([
    ['in an epoch', { epoch: 1 + 2 / 3, globalStep: 5, trainBatchSize: 4, rows: 10, batchSize: 4 }, 1, 8, 0],
    ['at the end of one', { epoch: 2, globalStep: 6, trainBatchSize: 4, rows: 10, batchSize: 4 }, 2, 0, 0],
    [
      'with accumulation and a short last update',
      { epoch: 1.4, globalStep: 4, trainBatchSize: 2, rows: 10, batchSize: 2, accumulation: 2 },
      1,
      4,
      0,
    ],
    [
      'of a checkpoint that tells no batch',
      { epoch: 0.5, globalStep: 1, trainBatchSize: 0, rows: 8, batchSize: 4 },
      0,
      4,
      0,
    ],
    ['the batch halved', { epoch: 1.5, globalStep: 3, trainBatchSize: 8, rows: 16, batchSize: 4 }, 1, 8, -3],
    ['the batch doubled', { epoch: 0.75, globalStep: 3, trainBatchSize: 4, rows: 16, batchSize: 8 }, 0, 12, 2],
    [
      'rows that are no whole batches',
      { epoch: 0.5, globalStep: 1, trainBatchSize: 8, rows: 16, batchSize: 3 },
      0,
      8,
      -2,
    ],
    [
      'accumulation changed',
      { epoch: 0.5, globalStep: 4, trainBatchSize: 2, rows: 16, batchSize: 2, accumulation: 2 },
      0,
      8,
      2,
    ],
    [
      'the last rows left out',
      { epoch: 0.5, globalStep: 1, trainBatchSize: 4, rows: 10, batchSize: 2, dropLast: true },
      0,
      4,
      -1,
    ],
    [
      'the epoch begun anew',
      { epoch: 1.5, globalStep: 3, trainBatchSize: 8, rows: 16, batchSize: 8, skip: true },
      1,
      0,
      0,
    ],
  ] as const)('%s', (_name, given, epoch, row, stepOffset) => {
    expect(positionOf(given)).toEqual({ epoch, row, stepOffset });
  });
});

describe('a resumed run', () => {
  const given = {
    num_train_epochs: 2,
    max_steps: -1,
    logging_strategy: 'steps',
    logging_steps: 1,
    remove_unused_columns: false,
    train_sampling_strategy: 'sequential',
  };
  async function resumedWith(before: object, after: object, step: number) {
    const first = start({ arguments: { ...given, ...before } });
    await first.trainer.train();
    const resumed = start({ arguments: { ...given, ...before, ...after } });
    await resumed.trainer.train(await openStep(first.store, step));
    return { first, resumed, rows: resumed.model.seen.map((batch) => [...batch['row']!.data]) };
  }

  it('with a smaller batch sees every row that is left once, and no other', async () => {
    const { resumed, rows } = await resumedWith(
      { per_device_train_batch_size: 4 },
      { per_device_train_batch_size: 3 },
      1,
    );
    const second = [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]];
    expect(rows).toEqual([[4, 5, 6], [7, 8, 9], ...second]);
    expect(resumed.trainer.state).toMatchObject({ globalStep: 7, maxSteps: 7, epoch: 2, trainBatchSize: 3 });
    expect(losses(resumed.trainer).map(({ epoch }) => epoch)[2]).toBe(1);
  });

  it('with more accumulation goes on at the next row', async () => {
    const { resumed, rows } = await resumedWith(
      { per_device_train_batch_size: 2 },
      { gradient_accumulation_steps: 3 },
      2,
    );
    expect(rows.slice(0, 3)).toEqual([
      [4, 5],
      [6, 7],
      [8, 9],
    ]);
    expect(resumed.trainer.state).toMatchObject({ globalStep: 5, maxSteps: 5, epoch: 2 });
  });

  it('that is extended takes the rate of the longer schedule at once', async () => {
    const { resumed } = await resumedWith(
      { per_device_train_batch_size: 5, num_train_epochs: 2 },
      { num_train_epochs: 4 },
      4,
    );
    const rates = losses(resumed.trainer).slice(4);
    expect(rates.map(({ learning_rate: rate }) => rate)).toEqual(
      [4, 5, 6, 7].map((step) => expect.closeTo(0.1 * (1 - step / 8), 12) as number),
    );
    expect(resumed.trainer.state).toMatchObject({ globalStep: 8, epoch: 4 });
  });

  it('takes another learning rate from its first update on', async () => {
    const { resumed } = await resumedWith(
      { per_device_train_batch_size: 5, lr_scheduler_type: 'constant' },
      { learning_rate: 0.01 },
      2,
    );
    expect(losses(resumed.trainer).map(({ learning_rate: rate }) => rate)).toEqual([0.1, 0.1, 0.01, 0.01]);
  });
});
