// Groups the positions of a batch by token id on the CPU, so that the gradient of an embedding is a sum in fixed order
// with neither atomics nor a sort on the device.

export interface TokenGroups {
  /** The distinct ids, ascending. */
  readonly unique: Int32Array;
  /** [unique + 1]: where each id's positions begin in `positions`. */
  readonly offsets: Int32Array;
  /** Positions in the flattened batch, grouped by id, ascending in a group. */
  readonly positions: Int32Array;
}

/** Counting sort of `ids`; O(tokens + distinct ids log distinct ids). */
export function groupTokens(ids: Int32Array): TokenGroups {
  const counts = new Map<number, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  const unique = Int32Array.from(counts.keys()).sort();
  const offsets = new Int32Array(unique.length + 1);
  const next = new Map<number, number>();
  unique.forEach((id, group) => {
    next.set(id, offsets[group]!);
    offsets[group + 1] = offsets[group]! + counts.get(id)!;
  });
  const positions = new Int32Array(ids.length);
  ids.forEach((id, position) => {
    const at = next.get(id)!;
    positions[at] = position;
    next.set(id, at + 1);
  });
  return { unique, offsets, positions };
}
