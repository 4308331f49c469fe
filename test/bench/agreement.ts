// Whether a contestant trains the model it claims to: its first losses against those of PyTorch in float64.

import type { Contestant } from './contestant.ts';
import type { UpdateName } from './update-rules.ts';

/** Largest relative difference of a loss, by the precision of the contestant. */
export const TOLERANCE: Readonly<Record<Contestant['precision'], number>> = { f32: 1e-3, f16: 1e-2, bf16: 3e-2 };

/** Step id → update rule → losses, from `--write-reference`. */
export type ReferenceLosses = Readonly<Record<string, Readonly<Record<UpdateName, readonly number[]>>>>;

export interface Agreement {
  readonly kind: 'agrees' | 'differs';
  readonly largestDifference: number;
}

/** A missing, extra or non-finite loss differs by infinity. */
export function compareLosses(
  losses: readonly number[],
  reference: readonly number[],
  precision: Contestant['precision'],
): Agreement {
  const differences = reference.map(
    (expected, i) => Math.abs((losses[i] ?? Number.NaN) - expected) / Math.abs(expected),
  );
  const complete = losses.length === reference.length && differences.every(Number.isFinite);
  const largestDifference = complete ? Math.max(...differences) : Number.POSITIVE_INFINITY;
  return { kind: largestDifference <= TOLERANCE[precision] ? 'agrees' : 'differs', largestDifference };
}
