import { expect, it } from 'vitest';
import { LengthGroupedSampler, RandomSampler, SequentialSampler } from '#data/samplers.ts';

it('draws each epoch with its own seed, always the same', () => {
  const sampler = new RandomSampler(10, 42);
  expect([...sampler.indices(1)]).toEqual([8, 4, 9, 0, 5, 1, 6, 7, 2, 3]);
  expect([...sampler.indices(0)]).toEqual([2, 6, 1, 8, 4, 5, 0, 9, 3, 7]);
  expect([...sampler.indices(1)]).toEqual([8, 4, 9, 0, 5, 1, 6, 7, 2, 3]);
});

it('keeps the order of the data', () => {
  const sampler = new SequentialSampler(4);
  expect([...sampler.indices()]).toEqual([0, 1, 2, 3]);
});

it('groups rows of similar length as transformers does, the longest row first', () => {
  const lengths = [5, 9, 3, 7, 12, 4, 8, 6, 2, 11, 10, 1];
  const sampler = new LengthGroupedSampler(lengths, 2, 42);
  expect([...sampler.indices(0)]).toEqual([4, 8, 1, 7, 0, 2, 10, 11, 6, 3, 9, 5]);
  expect([...sampler.indices(1)].sort((a, b) => a - b)).toEqual(lengths.map((_, i) => i));
  expect(sampler.indices(1)).not.toEqual(sampler.indices(0));
  expect([...sampler.indices(0)].slice(0, 3)).toEqual([4, 8, 1]);
});

it('keeps equal lengths in the order they were drawn, and takes no rows at all', () => {
  const drawn = [...new RandomSampler(7, 3).indices(2)];
  expect([...new LengthGroupedSampler(Array(7).fill(4), 3, 3).indices(2)]).toEqual(drawn);
  expect([...new LengthGroupedSampler([], 3, 3).indices(0)]).toEqual([]);
});
