import { describe, expect, it } from 'vitest';
import { DefaultDataCollator } from '#data/collators/default-data-collator.ts';
import { DataLoader } from '#data/data-loader.ts';
import { InMemoryDataset } from '#data/dataset.ts';
import { RandomSampler, SequentialSampler } from '#data/samplers.ts';

const dataset = new InMemoryDataset(Array.from({ length: 10 }, (_, x) => ({ x })));
const collator = new DefaultDataCollator();

function loader(changes: { dropLast?: boolean; batchSize?: number } = {}): DataLoader {
  return new DataLoader({
    dataset,
    sampler: new RandomSampler(10, 42),
    batchSize: 4,
    dropLast: false,
    collator,
    ...changes,
  });
}

const rows = (from: DataLoader, epoch: number): number[][] =>
  Array.from({ length: from.length }, (_, i) => [...from.batch(epoch, i).x!.data]);

describe('DataLoader', () => {
  it('goes through the data in the order of torch, another one each epoch', () => {
    expect(rows(loader(), 0)).toEqual([
      [2, 6, 1, 8],
      [4, 5, 0, 9],
      [3, 7],
    ]);
    expect(rows(loader(), 1)).toEqual([
      [8, 4, 9, 0],
      [5, 1, 6, 7],
      [2, 3],
    ]);
  });

  it('gives any batch without those before it', () => {
    const one = loader();
    expect([...one.batch(1, 2).x!.data]).toEqual([2, 3]);
    expect([...one.batch(0, 1).x!.data]).toEqual([4, 5, 0, 9]);
    expect([...one.batch(1, 0).x!.data]).toEqual([8, 4, 9, 0]);
  });

  it('counts its batches', () => {
    expect(loader().length).toBe(3);
    expect([0, 1, 2].map((i) => loader().batchSizeOf(i))).toEqual([4, 4, 2]);
    expect(rows(loader({ dropLast: true }), 0)).toEqual([
      [2, 6, 1, 8],
      [4, 5, 0, 9],
    ]);
  });

  it('goes through in order with a sequential sampler', () => {
    const evaluation = new DataLoader({
      dataset,
      sampler: new SequentialSampler(10),
      batchSize: 6,
      dropLast: false,
      collator,
    });
    expect(rows(evaluation, 0)).toEqual([
      [0, 1, 2, 3, 4, 5],
      [6, 7, 8, 9],
    ]);
  });

  it('refuses a batch that is not there and a batch size that makes no sense', () => {
    expect(() => loader().batch(0, 3)).toThrow(/Batch 3 was asked for, but an epoch has 3/);
    expect(() => loader({ dropLast: true }).batch(0, 2)).toThrow(/an epoch has 2/);
    expect(() => loader({ batchSize: 0 })).toThrow(expect.objectContaining({ code: 'E-ARGS' }));
    expect(() => loader({ batchSize: 1.5 })).toThrow(/batch size is 1\.5/);
  });
});

describe('InMemoryDataset', () => {
  it('names its columns and refuses what is not there', () => {
    expect(dataset.columnNames).toEqual(['x']);
    expect(() => dataset.get(10)).toThrow(/Example 10 was asked for, but there are only 10/);
  });
});
