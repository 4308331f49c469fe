// Every schedule against transformers' own numbers (test/fixtures/generate/schedules.py).

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { getScheduler, type LrSchedule } from '#optim/get-scheduler.ts';
import type { ScheduleOptions } from '#optim/lr-schedules.ts';
import { fixtureFolder } from '../../setup/fixtures.ts';

type Name = Parameters<typeof getScheduler>[0];
type Kwargs = ScheduleOptions['kwargs'];

interface Fixture {
  readonly learning_rate: number;
  readonly metrics: readonly number[];
  readonly stepped: readonly { name: Name; steps: number; warmup: number; kwargs: Kwargs; multipliers: number[] }[];
  readonly following: readonly { name: Name; kwargs: Kwargs; rates: number[]; state: Record<string, unknown> }[];
}

/** JSON has no NaN or infinity: they stand there as text. */
const keepNumber = (_: string, value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
const reviveNumber = (_: string, value: unknown): unknown =>
  value === 'NaN' || value === 'Infinity' || value === '-Infinity' ? Number(value) : value;

const fixture = JSON.parse(readFileSync(fixtureFolder('schedules.json'), 'utf8'), reviveNumber) as Fixture;
const base = fixture.learning_rate;

function make(name: Name, kwargs: Kwargs = {}, steps = 10, warmup = 2, learningRate = base): LrSchedule {
  return getScheduler(name, { numTrainingSteps: steps, numWarmupSteps: warmup, learningRate, kwargs });
}

/** The largest error: relative, and of values below 1e-3 relative to that. */
function worstError(actual: readonly number[], expected: readonly number[]): number {
  expect(actual).toHaveLength(expected.length);
  return Math.max(...actual.map((value, i) => Math.abs(value - expected[i]!) / Math.max(1e-3, Math.abs(expected[i]!))));
}

describe('schedules that follow the step', () => {
  it.each(fixture.stepped)('$name, $steps steps, $warmup of warm-up, $kwargs', (golden) => {
    const schedule = make(golden.name, golden.kwargs, golden.steps, golden.warmup);
    expect(
      worstError(
        golden.multipliers.map((_, s) => schedule(s)),
        golden.multipliers,
      ),
    ).toBeLessThan(1e-12);
    expect(schedule.metric).toBeUndefined();
  });

  it('are all of the ten', () => {
    expect(new Set(fixture.stepped.map(({ name }) => name)).size).toBe(10);
  });

  it('take a setting of null for none', () => {
    const schedule = make('cosine_with_min_lr', { min_lr: null, min_lr_rate: 0.1 });
    expect([2, 10].map(schedule)).toEqual([1, 0.1]);
  });

  it('refuse a polynomial that does not fall', () => {
    for (const end of [0.01, 0.5]) {
      expect(() => make('polynomial', { lr_end: end }, 10, 0, 0.01)).toThrow(
        `ends at ${end}, which is not below learning_rate (0.01)`,
      );
    }
  });

  it('have a finite rate for a run that is all warm-up', () => {
    expect([0, 1, 2, 3].map(make('linear', {}, 3, 3))).toEqual([0, 1 / 3, 2 / 3, 0]);
    expect([3, 4].map(make('polynomial', {}, 3, 3)).every(Number.isFinite)).toBe(true);
  });
});

describe('schedules that follow a metric', () => {
  it.each(fixture.following)('$name, $kwargs', ({ name, kwargs, rates, state }) => {
    const schedule = make(name, kwargs);
    expect(schedule(7)).toBe(1);
    const seen = fixture.metrics.map((metric) => {
      schedule.metric!.step(metric);
      return base * schedule(0);
    });
    expect(worstError(seen, rates)).toBeLessThan(1e-12);
    const written = schedule.metric!.stateDict();
    expect(Object.keys(written).sort()).toEqual(Object.keys(state).sort());
    for (const [key, value] of Object.entries(state)) {
      if (Array.isArray(value)) expect(worstError(written[key] as number[], value), key).toBeLessThan(1e-12);
      else if (typeof value === 'number') expect(written[key], key).toBeCloseTo(value, 12);
      else expect(written[key], key).toEqual(value);
    }
  });

  it.each(fixture.following)('$name, $kwargs, goes on from its state', ({ name, kwargs, rates }) => {
    for (const cut of [4, 11, 19, 25]) {
      const first = make(name, kwargs).metric!;
      for (const metric of fixture.metrics.slice(0, cut)) first.step(metric);
      const second = make(name, kwargs).metric!;
      second.loadStateDict(JSON.parse(JSON.stringify(first.stateDict(), keepNumber), reviveNumber));
      const seen = fixture.metrics.slice(cut).map((metric) => {
        second.step(metric);
        return second.learningRate;
      });
      expect(worstError(seen, rates.slice(cut))).toBeLessThan(1e-12);
    }
  });

  it('keep a rate of 0', () => {
    const schedule = make('reduce_lr_on_plateau', { patience: 0 }, 10, 0, 0);
    for (const metric of [1, 2, 3]) schedule.metric!.step(metric);
    expect(schedule(1)).toBe(0);
  });
});
