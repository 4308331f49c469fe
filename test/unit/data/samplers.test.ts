import { expect, it } from 'vitest';
import { RandomSampler, SequentialSampler } from '#data/samplers.ts';

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
