// A batch's shapes as a key: what a recorded step depends on.

import type { Batch } from '#util/nd-array.ts';

export function shapesKey(batch: Batch): string {
  return Object.entries(batch)
    .map(([name, { data, shape }]) => `${name}:${data instanceof Int32Array ? 'i' : 'f'}${shape.join('x')}`)
    .sort()
    .join(' ');
}
