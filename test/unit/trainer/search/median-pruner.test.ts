// Which trials are ended: optuna's MedianPruner by hand.

import { describe, expect, it } from 'vitest';
import { shouldPrune } from '#trainer/search/median-pruner.ts';
import type { SearchDirection, Trial } from '#trainer/search/trial.ts';

const reported = (...values: readonly number[]) => values.map((value, i) => ({ step: 10 * (i + 1), value }));
const trial = (values: readonly number[], state: Trial['state'] = 'complete'): Trial => ({
  number: 0,
  name: '',
  params: {},
  state,
  value: values.at(-1)!,
  reports: reported(...values),
});
const EARLIER = [trial([5, 4]), trial([6, 3]), trial([7, 2]), trial([8, 1]), trial([9, 0])];

const prunes = (values: readonly number[], earlier = EARLIER, direction: SearchDirection = 'minimize') =>
  shouldPrune({ reports: reported(...values) }, earlier, direction);

describe('shouldPrune', () => {
  it('ends what is worse than the median at the same evaluation, and nothing else', () => {
    expect([prunes([7]), prunes([7.5]), prunes([6])]).toEqual([false, true, false]);
  });
  it("compares the trial's best so far", () => {
    expect([prunes([1, 9]), prunes([9, 2.5]), prunes([2, 2])]).toEqual([false, true, false]);
  });
  it('the other way round where more is better', () => {
    expect([prunes([7.5], EARLIER, 'maximize'), prunes([6.5], EARLIER, 'maximize')]).toEqual([false, true]);
  });
  it('takes the middle of two', () => {
    const even = [...EARLIER, trial([10, 0])];
    expect([prunes([7.5], even), prunes([7.6], even)]).toEqual([false, true]);
  });
  it('waits for five complete trials; pruned and failed ones do not count', () => {
    const four = EARLIER.slice(1);
    expect(prunes([99], four)).toBe(false);
    expect(prunes([99], [...four, trial([1], 'pruned'), trial([1], 'failed')])).toBe(false);
  });
  it('has nothing to say where no other trial came as far', () => {
    expect(prunes([99, 99, 99])).toBe(false);
  });
  it('ends a trial that only gave NaN', () => {
    expect(prunes([Number.NaN])).toBe(true);
    expect(prunes([7, Number.NaN])).toBe(true);
    expect(prunes([2, Number.NaN])).toBe(false);
  });
});
