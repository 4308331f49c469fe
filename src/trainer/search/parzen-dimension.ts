// One argument as a Parzen estimator sees it: a distribution around each value that was tried, and one over everything.

import { isRange, type SearchDimension } from '#protocol/search-space.ts';
import type { RandomNumbers } from './random-numbers.ts';
import { axisOf, type SearchAxis } from './search-axis.ts';

export interface Distribution {
  draw(random: RandomNumbers): unknown;
  /** Logarithm of the density, or of the probability of a choice. */
  logDensity(value: unknown): number;
}

/** @returns one distribution for each value, in order, and the one over everything at the end. */
export function distributionsOf(name: string, dimension: SearchDimension, values: readonly unknown[]): Distribution[] {
  if (!isRange(dimension)) return choiceDistributions(dimension, values);
  const axis = axisOf(name, dimension);
  return bellsAround(axis, (values as readonly number[]).map(axis.toAxis));
}

/** Bells as wide as the distance to the further neighbour, cut off at the ends of the axis. */
function bellsAround(axis: SearchAxis, places: readonly number[]): Distribution[] {
  const { low, high } = axis;
  const widths = widthsOf(places, low, high);
  const bells = places.map((middle, i) => bell(axis, middle, widths[i]!));
  return [...bells, bell(axis, (low + high) / 2, high > low ? high - low : 1)];
}

/** Of the outermost places only the inner neighbour counts, where there is one. */
function widthsOf(places: readonly number[], low: number, high: number): number[] {
  const order = places.map((_, i) => i).toSorted((a, b) => places[a]! - places[b]!);
  const narrowest = (high - low) / Math.min(100, 2 + places.length);
  const widths: number[] = [];
  for (const [rank, i] of order.entries()) {
    const isAlone = order.length === 1;
    const gaps = [order[rank - 1], order[rank + 1]].map((j) =>
      j === undefined ? 0 : Math.abs(places[j]! - places[i]!),
    );
    const gap = isAlone ? Math.max(places[i]! - low, high - places[i]!) : Math.max(...gaps);
    widths[i] = Math.min(high - low, Math.max(narrowest, gap)) || 1;
  }
  return widths;
}

function bell({ low, high, halfStep, toAxis, toValue }: SearchAxis, middle: number, width: number): Distribution {
  const share = (place: number): number => normalShare((place - middle) / width);
  const inside = Math.max(share(high) - share(low), 1e-12);
  return {
    draw: (random) => {
      for (;;) {
        const place = low === high ? low : random.normal(middle, width);
        if (place >= low && place <= high) return toValue(place);
      }
    },
    logDensity: (value) => {
      const place = toAxis(value as number);
      if (halfStep > 0) return logOf((share(place + halfStep) - share(place - halfStep)) / inside);
      const z = (place - middle) / width;
      return -0.5 * z * z - Math.log(width * Math.sqrt(2 * Math.PI) * inside);
    },
  };
}

/** Probability that is too small for a number counts as the smallest one. */
const logOf = (probability: number): number => Math.log(Math.max(probability, Number.MIN_VALUE));

/** Share of a normal distribution below z: Abramowitz and Stegun 26.2.17, to 7.5e-8. */
function normalShare(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const above = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series;
  return z >= 0 ? 1 - above : above;
}

/** The choice that was taken, mostly, and any other now and then: the less often, the more was tried. */
function choiceDistributions(choices: readonly unknown[], taken: readonly unknown[]): Distribution[] {
  const keys = choices.map((choice) => JSON.stringify(choice));
  const distribution = (weights: readonly number[]): Distribution => {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return {
      draw: (random) => choices[random.choice(weights.map((weight) => weight / total))],
      logDensity: (value) => Math.log(weights[keys.indexOf(JSON.stringify(value))]! / total),
    };
  };
  const other = 1 / (taken.length + 1);
  const around = taken.map((value) => distribution(keys.map((key) => other + (key === JSON.stringify(value) ? 1 : 0))));
  return [...around, distribution(keys.map(() => 1))];
}
