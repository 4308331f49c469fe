// Helpers of the numerical tests: seeded inputs, and a comparison that names the worst element.

import { expect } from 'vitest';

/** A deterministic spread of values in (-1, 1): a linear congruential sequence. */
export function values(size: number, seed = 1): Float32Array {
  let state = (seed * 2654435761) >>> 0;
  return Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** |actual - expected| <= absolute + relative · |expected| for each element. */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { absolute, relative }: { absolute: number; relative: number },
  name = 'values',
): void {
  expect(actual.length, `${name}: length`).toBe(expected.length);
  let worst = { excess: 0, text: '' };
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i]!, expected[i]!];
    const excess = Math.abs(a - e) - absolute - relative * Math.abs(e);
    if (!(excess <= worst.excess))
      worst = { excess: Number.isNaN(excess) ? Infinity : excess, text: `${name}[${i}] is ${a}, expected ${e}` };
  }
  expect(worst.text).toBe('');
}
