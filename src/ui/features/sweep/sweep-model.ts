// What is read out of a sweep for its screen. Pure.

import type { SweepDetail, SweepTrial } from '#protocol/sweep-messages.ts';

/** The best of the trials that came to their end; null: none did. */
export function bestTrial({ trials, direction }: Pick<SweepDetail, 'trials' | 'direction'>): SweepTrial | null {
  const complete = trials.filter(({ state, value }) => state === 'complete' && value !== null);
  const isBetter = (a: number, b: number): boolean => (direction === 'minimize' ? a < b : a > b);
  return complete.reduce<SweepTrial | null>(
    (best, trial) => (best === null || isBetter(trial.value!, best.value!) ? trial : best),
    null,
  );
}

export interface Coordinate {
  readonly name: string;
  /** What stands at the two ends. */
  readonly ends: readonly [low: string, high: string];
  /** Of each trial, from 0 (low) to 1 (high); null where it has none. */
  readonly places: readonly (number | null)[];
}

/** An axis for each argument that was tried, and one for the objective. */
export function coordinates({ trials, options, objective }: SweepDetail): readonly Coordinate[] {
  const names = Object.keys(options.space);
  const axes = names.map((name) =>
    coordinate(
      name,
      trials.map(({ params }) => params[name]),
      isLog(options.space[name]),
    ),
  );
  return [
    ...axes,
    coordinate(
      objective,
      trials.map(({ value }) => value ?? undefined),
      false,
    ),
  ];
}

const isLog = (dimension: unknown): boolean =>
  typeof dimension === 'object' && dimension !== null && 'log' in dimension && dimension.log === true;

function coordinate(name: string, values: readonly unknown[], log: boolean): Coordinate {
  const numbers = values.filter((value): value is number => typeof value === 'number' && Number.isFinite(value));
  if (numbers.length === values.filter((value) => value !== undefined).length && numbers.length > 0) {
    const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
    const scale = log ? Math.log : (value: number): number => value;
    const span = scale(high) - scale(low);
    const place = (value: unknown): number | null =>
      typeof value === 'number' && Number.isFinite(value)
        ? span > 0
          ? (scale(value) - scale(low)) / span
          : 0.5
        : null;
    return { name, ends: [short(low), short(high)], places: values.map(place) };
  }
  const kinds = [
    ...new Set(values.filter((value) => value !== undefined).map((value) => JSON.stringify(value))),
  ].sort();
  const places = values.map((value) =>
    value === undefined ? null : kinds.length > 1 ? kinds.indexOf(JSON.stringify(value)) / (kinds.length - 1) : 0.5,
  );
  return { name, ends: [kinds[0] ?? '', kinds.at(-1) ?? ''], places };
}

const short = (value: number): string => String(Number(value.toPrecision(3)));
