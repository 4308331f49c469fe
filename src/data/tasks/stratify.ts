// A split that keeps the shares of the classes: how many rows of each class are held out is what `train_test_split` of
// HuggingFace's datasets computes; which rows they are goes by our own permutation.

import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';

/**
 * @param order a permutation of all rows
 * @param held how many are held out
 * @param classes class of each row, counted from 0
 * @returns the rows that are held out: of each class the first in the order
 * @throws StudioError E-DATA-LABEL for a class of a single row, E-ARGS for parts smaller than the number of classes.
 */
export function stratifiedHeldOut(order: Int32Array, held: number, classes: Int32Array): number[] {
  const counts = countClasses(classes);
  refuseSmall(counts, held, order.length - held);
  const kept = shareOut(counts, order.length - held, order, classes);
  const left = counts.map((count, c) => count - kept[c]!);
  const rows: number[] = [];
  for (const row of order) {
    const c = classes[row]!;
    if (left[c]! > 0) {
      left[c]!--;
      rows.push(row);
    }
  }
  return rows;
}

function countClasses(classes: Int32Array): number[] {
  const counts: number[] = [];
  for (const c of classes) counts[c] = (counts[c] ?? 0) + 1;
  return Array.from(counts, (count) => count ?? 0);
}

function refuseSmall(counts: readonly number[], held: number, kept: number): void {
  const present = counts.filter((count) => count > 0);
  if (present.some((count) => count === 1)) {
    throw new StudioError('E-DATA-LABEL', msg`A label has a single row, which can not be in both parts of the split.`, {
      where: 'stratify',
      hint: msg`Add rows of that label, or split without keeping the shares of the labels.`,
    });
  }
  if (Math.min(held, kept) >= present.length) return;
  throw new StudioError(
    'E-ARGS',
    msg`The parts of the split would have ${kept} and ${held} rows, too few for ${present.length} labels.`,
    {
      where: 'validation_fraction',
      hint: msg`Hold out another share, or split without keeping the shares of the labels.`,
    },
  );
}

/** `draws` rows over the classes by their sizes: whole parts, then one more for the largest remainders. */
function shareOut(counts: readonly number[], draws: number, order: Int32Array, classes: Int32Array): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const exact = counts.map((count) => (draws * count) / total);
  const shares = exact.map(Math.floor);
  // Equal remainders go by which class the permutation meets first.
  const met = new Map<number, number>();
  for (const row of order) if (!met.has(classes[row]!)) met.set(classes[row]!, met.size);
  const byRemainder = [...counts.keys()]
    .filter((c) => counts[c]! > 0)
    .sort((a, b) => exact[b]! - shares[b]! - (exact[a]! - shares[a]!) || met.get(a)! - met.get(b)!);
  const missing = draws - shares.reduce((sum, share) => sum + share, 0);
  for (const c of byRemainder.slice(0, missing)) shares[c]!++;
  return shares;
}
