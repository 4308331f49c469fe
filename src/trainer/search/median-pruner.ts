// Ends a trial that is worse than half of the others were at the same evaluation: optuna's MedianPruner with its
// settings. Counted in evaluations, not in steps: trials of other batch sizes evaluate at other steps.

import { isBetter, type SearchDirection, type Trial } from './trial.ts';

/** Complete trials before any is ended. */
const STARTUP_TRIALS = 5;

/** @param trial whose latest report was just made. @param earlier trials that have ended. */
export function shouldPrune(
  { reports }: Pick<Trial, 'reports'>,
  earlier: readonly Trial[],
  direction: SearchDirection,
): boolean {
  const complete = earlier.filter(({ state }) => state === 'complete');
  if (complete.length < STARTUP_TRIALS) return false;
  const values = reports.map(({ value }) => value).filter((value) => !Number.isNaN(value));
  if (values.length === 0) return true;
  const best = values.reduce((a, b) => (isBetter(direction, b, a) ? b : a));
  const index = reports.length - 1;
  const there = complete.flatMap((trial) => trial.reports[index]?.value ?? []).filter((value) => !Number.isNaN(value));
  return there.length > 0 && isBetter(direction, median(there), best);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
