// Ids of table rows, and their positions grouped by id on the CPU, so that the gradient of an embedding is a sum in fixed
// order with neither atomics nor a sort on the device.

import type { Tensor } from '@tensorflow/tfjs';

export interface TokenIds {
  /** int32, values in [0, V): checked by whoever made it. */
  readonly ids: Tensor;
  /** int32 [3T + 1], see `groupTokens`; null where no gradient is wanted. */
  readonly groups: Tensor | null;
  /** Id of the row that gets no gradient, as torch's `padding_idx`; the groups leave it out. Null: none. */
  readonly paddingId: number | null;
}

/**
 * Counting sort of T ids. Three parts of fixed length: the distinct ids ascending, then -1, [T]; where each id's positions
 * begin, [T + 1]; the positions, grouped by id and ascending in a group, [T].
 * @param ignored an id that is left out; null: none.
 */
export function groupTokens(ids: Int32Array, ignored: number | null): Int32Array {
  const tokens = ids.length;
  const counts = new Map<number, number>();
  for (const id of ids) if (id !== ignored) counts.set(id, (counts.get(id) ?? 0) + 1);
  const unique = Int32Array.from(counts.keys()).sort();
  const groups = new Int32Array(3 * tokens + 1).fill(-1, 0, tokens);
  groups.set(unique);
  const next = new Map<number, number>();
  let begin = 0;
  unique.forEach((id, group) => {
    groups[tokens + group] = begin;
    next.set(id, begin);
    begin += counts.get(id)!;
  });
  // Where the last group ends; fewer than T positions where an id is left out.
  groups.fill(begin, tokens + unique.length, 2 * tokens + 1);
  ids.forEach((id, position) => {
    if (id === ignored) return;
    const at = next.get(id)!;
    groups[2 * tokens + 1 + at] = position;
    next.set(id, at + 1);
  });
  return groups;
}
