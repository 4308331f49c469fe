// A range as a line that samplers draw from: even over the logarithm where that is asked for, rounded to what is allowed.

import { isWhole, type SearchRange, stepOf } from '#protocol/search-space.ts';

export interface SearchAxis {
  /** Ends of the line. */
  readonly low: number;
  readonly high: number;
  /** Half the distance of neighbouring values; 0 where every place is one. */
  readonly halfStep: number;
  /** A value of the argument as a place on the line. */
  toAxis(value: number): number;
  /** The nearest value that is allowed. */
  toValue(place: number): number;
}

export function axisOf(name: string, range: SearchRange): SearchAxis {
  const step = stepOf(name, range);
  if (step !== null) return steppedAxis(range, step);
  const { low, high } = range;
  if (!range.log) return { low, high, halfStep: 0, toAxis: (value) => value, toValue: within(range) };
  // Whole numbers get half a place more at either end, so that the outer ones are as likely as the others.
  const margin = isWhole(name) ? 0.5 : 0;
  const round = isWhole(name) ? Math.round : (value: number) => value;
  return {
    low: Math.log(low - margin),
    high: Math.log(high + margin),
    halfStep: 0,
    toAxis: Math.log,
    toValue: (place) => within(range)(round(Math.exp(place))),
  };
}

function steppedAxis({ low, high }: SearchRange, step: number): SearchAxis {
  const last = Math.floor((high - low) / step + 1e-9);
  return {
    low: -0.5,
    high: last + 0.5,
    halfStep: 0.5,
    toAxis: (value) => (value - low) / step,
    // To fifteen digits: 0.1 · 3 is not 0.3.
    toValue: (place) => Number((low + step * Math.min(last, Math.max(0, Math.round(place)))).toPrecision(15)),
  };
}

const within =
  ({ low, high }: SearchRange) =>
  (value: number): number =>
    Math.min(high, Math.max(low, value));

/** Every value of a range in order, for a grid; null where there are endlessly many. */
export function valuesOf(name: string, range: SearchRange): number[] | null {
  const step = stepOf(name, range) ?? (isWhole(name) ? 1 : null);
  if (step === null) return null;
  const axis = steppedAxis(range, step);
  return Array.from({ length: Math.round(axis.high - axis.low) }, (_, i) => axis.toValue(i));
}
