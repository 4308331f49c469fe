// Puts the values that one field has in several examples into one dense array. Both collators use it.

import { msg } from '#util/msg.ts';
import type { NdArray } from '#util/nd-array.ts';
import { StudioError } from '#util/studio-error.ts';

/** A number or truth value, or a list of such, nested regularly. */
type Value = number | boolean | ArrayLike<Value>;

/**
 * B values of shape S → array of shape [B, ...S].
 *
 * @param asFloat whole numbers are floats too (regression targets); else an array is int32 when all its numbers are
 *   whole and none of them comes from a Float32Array.
 * @throws StudioError E-DATA-COLUMN when lengths differ or a value is not numeric.
 */
export function stackField(name: string, values: readonly unknown[], asFloat: boolean): NdArray {
  const shape = shapeOf(values[0]);
  const numbers: number[] = [];
  for (const value of values) flatten(name, value, shape, 0, numbers);
  const isFloat = asFloat || values[0] instanceof Float32Array || !numbers.every(Number.isInteger);
  return { data: isFloat ? Float32Array.from(numbers) : Int32Array.from(numbers), shape: [values.length, ...shape] };
}

const isList = (value: unknown): value is ArrayLike<Value> =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && 'length' in value);

function shapeOf(value: unknown): number[] {
  return isList(value) ? [value.length, ...(value.length > 0 ? shapeOf(value[0]) : [])] : [];
}

function flatten(name: string, value: unknown, shape: readonly number[], axis: number, numbers: number[]): void {
  if (axis < shape.length) {
    if (!isList(value) || value.length !== shape[axis])
      throw ragged(name, shape[axis]!, isList(value) ? value.length : null);
    for (let i = 0; i < value.length; i++) flatten(name, value[i], shape, axis + 1, numbers);
  } else if (typeof value === 'number' || typeof value === 'boolean') {
    numbers.push(Number(value));
  } else {
    throw new StudioError(
      'E-DATA-COLUMN',
      msg`The field ${name} should hold numbers, but one example has ${describe(value)} there.`,
      {
        where: name,
        hint: msg`Leave this field out of the examples, or turn it into numbers.`,
      },
    );
  }
}

const describe = (value: unknown): string =>
  value === undefined ? 'nothing' : (JSON.stringify(value) ?? typeof value).slice(0, 40);

function ragged(name: string, expected: number, found: number | null): StudioError {
  const other = found === null ? msg`a single value` : msg`${found} values`;
  return new StudioError(
    'E-DATA-COLUMN',
    msg`The field ${name} has ${expected} values in one example and ${other} in another of the same batch.`,
    {
      where: name,
      hint: msg`Only the inputs of the tokenizer are padded; other fields must have one length in all examples.`,
    },
  );
}
