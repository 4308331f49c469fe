// A search space as text, and what is read out of a sweep.

import { describe, expect, it } from 'vitest';
import { DEFAULT_SEARCH_SPACE } from '#protocol/search-space.ts';
import { readSpace, writeSpace } from '#ui/features/sweep/space-model.ts';
import { bestTrial, coordinates } from '#ui/features/sweep/sweep-model.ts';
import { SWEEP } from '../../ui-harness/scenes.ts';

describe('a search space', () => {
  it('comes back from its text', () => {
    expect(readSpace(writeSpace(DEFAULT_SEARCH_SPACE))).toEqual(DEFAULT_SEARCH_SPACE);
    const mixed = { optim: ['adamw_torch', 'lion_32bit'], warmup_steps: { low: 0, high: 0.2, step: 0.1 } };
    expect(readSpace(writeSpace(mixed))).toEqual(mixed);
  });

  it('takes words without quotes, and leaves what it can not read for the engine to refuse', () => {
    expect(readSpace('lr_scheduler_type: linear, cosine\n\nseed')).toEqual({
      lr_scheduler_type: ['linear', 'cosine'],
      seed: [],
    });
    expect(readSpace('seed: a .. b')).toEqual({ seed: { low: Number.NaN, high: Number.NaN } });
  });
});

describe('a sweep', () => {
  it('has its best trial among those that came to their end', () => {
    expect(bestTrial(SWEEP)?.number).toBe(4);
    expect(bestTrial({ ...SWEEP, direction: 'maximize' })?.number).toBe(0);
    expect(bestTrial({ ...SWEEP, trials: [] })).toBeNull();
  });

  it('is drawn with an axis for each argument, logarithmic where the search is, and one for the objective', () => {
    const [rate, batch, loss] = coordinates(SWEEP);
    expect(rate?.ends).toEqual(['0.00002', '0.0009']);
    expect(rate?.places[1]).toBeCloseTo(Math.log(8e-5 / 2e-5) / Math.log(9e-4 / 2e-5), 12);
    expect(batch?.places).toEqual([0, 8 / 24, 1, 0, 8 / 24]);
    expect(loss?.name).toBe('loss');
    expect(Math.max(...loss!.places.map(Number))).toBe(1);
  });

  it('gives words places in their order', () => {
    const trials = ['b', 'a', 'b'].map((optim, number) => ({ ...SWEEP.trials[0]!, number, params: { optim } }));
    const [axis] = coordinates({ ...SWEEP, trials, options: { ...SWEEP.options, space: { optim: ['a', 'b'] } } });
    expect([axis?.ends, axis?.places]).toEqual([
      ['"a"', '"b"'],
      [1, 0, 1],
    ]);
  });
});
