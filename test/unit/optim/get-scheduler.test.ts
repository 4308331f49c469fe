import { describe, expect, it } from 'vitest';
import { getScheduler } from '#optim/get-scheduler.ts';

/** Ten updates, two of them warm-up, base rate 1, at 0 to 11 completed updates. */
function multipliers(name: Parameters<typeof getScheduler>[0], kwargs: Record<string, number> = {}): number[] {
  const schedule = getScheduler(name, { numTrainingSteps: 10, numWarmupSteps: 2, learningRate: 1, kwargs });
  return Array.from({ length: 12 }, (_, s) => Number(schedule(s).toFixed(5)));
}

describe('getScheduler', () => {
  it('linear', () => {
    expect(multipliers('linear')).toEqual([0, 0.5, 1, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125, 0, 0]);
  });
  it('cosine, which rises again past the end', () => {
    const expected = [0, 0.5, 1, 0.96194, 0.85355, 0.69134, 0.5, 0.30866, 0.14645, 0.03806, 0, 0.03806];
    expect(multipliers('cosine')).toEqual(expected);
  });
  it('cosine with one whole cycle ends where it began', () => {
    expect(multipliers('cosine', { num_cycles: 1 }).slice(2, 11)).toEqual([
      1, 0.85355, 0.5, 0.14645, 0, 0.14645, 0.5, 0.85355, 1,
    ]);
  });
  it('polynomial of power 2', () => {
    const expected = [0, 0.5, 1, 0.76563, 0.5625, 0.39063, 0.25, 0.14063, 0.0625, 0.01563, 0, 0];
    expect(multipliers('polynomial', { power: 2 })).toEqual(expected);
  });
  it('polynomial ends at an absolute rate', () => {
    const schedule = getScheduler('polynomial', {
      numTrainingSteps: 4,
      numWarmupSteps: 0,
      learningRate: 0.01,
      kwargs: { lr_end: 0.002 },
    });
    expect([0, 2, 4, 9].map((s) => 0.01 * schedule(s))).toEqual([0.01, 0.006, 0.002, 0.002]);
  });
  it('constant ignores warm-up', () => {
    expect(multipliers('constant')).toEqual(Array.from({ length: 12 }, () => 1));
  });
  it('constant with warm-up', () => {
    expect(multipliers('constant_with_warmup')).toEqual([0, 0.5, ...Array.from({ length: 10 }, () => 1)]);
  });
  it('refuses a polynomial that does not fall', () => {
    for (const lrEnd of [0.01, 0.5]) {
      expect(() =>
        getScheduler('polynomial', {
          numTrainingSteps: 10,
          numWarmupSteps: 0,
          learningRate: 0.01,
          kwargs: { lr_end: lrEnd },
        }),
      ).toThrow(`ends at ${lrEnd}, which is not below learning_rate (0.01)`);
    }
  });
  it('has a rate for a run that is all warm-up', () => {
    const schedule = getScheduler('linear', { numTrainingSteps: 3, numWarmupSteps: 3, learningRate: 1, kwargs: {} });
    expect([0, 1, 2, 3].map(schedule)).toEqual([0, 1 / 3, 2 / 3, 0]);
  });
});
