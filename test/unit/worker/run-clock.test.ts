import { beforeEach, describe, expect, it } from 'vitest';
import { RunClock } from '#worker/run-clock.ts';

let now: number;
let clock: RunClock;
beforeEach(() => {
  now = 1000;
  clock = new RunClock(500, () => now);
  clock.start();
});

/** Updates of 4 samples that take so many milliseconds each. */
function steps(...durations: number[]): void {
  for (const duration of durations) {
    now += duration;
    clock.stepEnds(4);
  }
}

describe('RunClock', () => {
  it('counts this session and all sessions; pauses do not count', () => {
    now += 100;
    clock.pause();
    now += 10_000;
    expect([clock.sessionMs, clock.activeMs]).toEqual([100, 600]);
    clock.start();
    now += 30;
    expect([clock.sessionMs, clock.activeMs]).toEqual([130, 630]);
  });

  it('knows nothing from the first update, which compiles kernels', () => {
    steps(900);
    expect([clock.remaining({ steps: 5, evaluations: 0 }), clock.samplesPerSecond]).toEqual([null, null]);
    steps(20, 40);
    expect(clock.remaining({ steps: 5, evaluations: 0 })).toBe(150);
    expect(clock.samplesPerSecond).toBeCloseTo((1000 * 8) / 60, 9);
  });

  it('goes by the last 40 updates, and never by the first', () => {
    steps(90_000, ...Array.from({ length: 39 }, () => 10));
    expect(clock.remaining({ steps: 1, evaluations: 0 })).toBe(10);
    steps(...Array.from({ length: 40 }, () => 30));
    expect(clock.remaining({ steps: 1, evaluations: 0 })).toBe(30);
  });

  it('keeps evaluations out of the updates, and adds those to come', () => {
    steps(900, 20);
    clock.evaluationBegins();
    now += 300;
    clock.evaluationEnds();
    steps(20);
    expect(clock.remaining({ steps: 2, evaluations: 3 })).toBe(2 * 20 + 3 * 300);
  });

  it('a pause is no part of an update', () => {
    steps(900, 20);
    clock.pause();
    now += 60_000;
    clock.start();
    steps(20);
    expect(clock.remaining({ steps: 1, evaluations: 0 })).toBe(20);
  });
});
