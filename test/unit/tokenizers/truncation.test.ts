import { expect, it } from 'vitest';
import { truncatedLengths } from '#tokenizers/truncation.ts';

it.each([
  [3, 4, 10, 3, 4],
  [3, 9, 10, 3, 7],
  [9, 3, 10, 7, 3],
  [9, 9, 10, 5, 5],
  [9, 9, 9, 4, 5],
  [10, 9, 9, 5, 4],
  [5, 0, 2, 2, 0],
  [5, 5, 0, 0, 0],
  [5, 5, Infinity, 5, 5],
])('of %i and %i tokens %f stay as %i and %i', (text, pair, budget, first, second) => {
  expect(truncatedLengths(text, pair, budget)).toEqual([first, second]);
});
