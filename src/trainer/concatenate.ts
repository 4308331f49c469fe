// Joins the arrays of batches along the first axis; unequal second axes are padded on the right, as HF pads them.

import type { NdArray } from '#util/nd-array.ts';

const PADDING = -100;

export function concatenate(arrays: readonly NdArray[]): NdArray {
  const first = arrays[0]!;
  const rows = arrays.reduce((sum, { shape }) => sum + shape[0]!, 0);
  if (first.shape.length === 1)
    return {
      data: joined(
        arrays.map(({ data }) => data),
        first,
      ),
      shape: [rows],
    };
  const width = arrays.reduce((top, { shape }) => Math.max(top, shape[1]!), 0);
  const rest = first.shape.slice(2);
  return {
    data: joined(
      arrays.map((array) => widened(array, width)),
      first,
    ),
    shape: [rows, width, ...rest],
  };
}

function joined(parts: readonly NdArray['data'][], like: NdArray): NdArray['data'] {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  const data = like.data instanceof Int32Array ? new Int32Array(size) : new Float32Array(size);
  let at = 0;
  for (const part of parts) {
    data.set(part, at);
    at += part.length;
  }
  return data;
}

function widened({ data, shape }: NdArray, width: number): NdArray['data'] {
  const [rows, own] = shape as [number, number];
  if (own === width) return data;
  const inner = shape.slice(2).reduce((product, n) => product * n, 1);
  const wide =
    data instanceof Int32Array ? new Int32Array(rows * width * inner) : new Float32Array(rows * width * inner);
  wide.fill(PADDING);
  for (let row = 0; row < rows; row++)
    wide.set(data.subarray(row * own * inner, (row + 1) * own * inner), row * width * inner);
  return wide;
}
