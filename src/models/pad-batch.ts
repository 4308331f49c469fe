// Fills the rows of a batch up to a length.

import type { Batch, NdArray } from '#util/nd-array.ts';

/** The arrays of these names, [B, S], with `value` at the end of each row up to `length`; the others as they are. */
export function padBatch(batch: Batch, names: readonly string[], length: number, value = 0): Batch {
  const padded = names.flatMap((name) => {
    const array = batch[name];
    return array ? [[name, padRows(array, length, value)] as const] : [];
  });
  return { ...batch, ...Object.fromEntries(padded) };
}

function padRows({ data, shape }: NdArray, length: number, value: number): NdArray {
  const [rows, width] = shape as [number, number];
  const filled = new Int32Array(rows * length).fill(value);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < width; i++) filled[row * length + i] = data[row * width + i]!;
  }
  return { data: filled, shape: [rows, length] };
}
