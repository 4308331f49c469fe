import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stratifiedHeldOut } from '#data/tasks/stratify.ts';
import { randperm } from '#util/mt19937.ts';
import { fixtureFolder } from '../../../setup/fixtures.ts';

interface Case {
  readonly classes: readonly number[];
  readonly held: number;
  readonly seed: number;
  readonly counts: readonly number[];
}
const cases = JSON.parse(readFileSync(join(fixtureFolder('.'), 'stratified-splits.json'), 'utf8')) as Case[];

const countsOf = (classes: Int32Array, rows: readonly number[]): number[] => {
  const counts = Array.from({ length: Math.max(...classes) + 1 }, () => 0);
  for (const row of rows) counts[classes[row]!]!++;
  return counts;
};

describe('a stratified split', () => {
  it.each(cases)(
    'holds out as many rows of each class as train_test_split does: case %#',
    ({ held, seed, ...given }) => {
      const classes = Int32Array.from(given.classes);
      const rows = stratifiedHeldOut(randperm(classes.length, seed), held, classes);
      expect(countsOf(classes, rows)).toEqual(given.counts);
      expect(new Set(rows).size).toBe(held);
      expect(stratifiedHeldOut(randperm(classes.length, seed), held, classes)).toEqual(rows);
    },
  );

  it('is refused for a class of one row, and for parts smaller than the number of classes', () => {
    const split = (held: number, ...classes: number[]) =>
      stratifiedHeldOut(randperm(classes.length, 1), held, Int32Array.from(classes));
    expect(() => split(1, 0, 0, 1)).toThrow(/has a single row/);
    expect(() => split(1, 0, 0, 1, 1)).toThrow(/would have 3 and 1 rows, too few for 2 labels/);
    expect(split(2, 0, 0, 1, 1)).toHaveLength(2);
  });
});
