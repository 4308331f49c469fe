// Texts one after another, cut into blocks of one length, as HF's language-modelling examples do.

import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import type { Dataset, Example } from '../dataset.ts';

type Numbers = Int32Array | Uint8Array;

/**
 * Joins each field of all examples and cuts it into blocks of `length`; what is left over is dropped.
 * @throws StudioError E-DATA-FORMAT when it does not fill a single block.
 */
export function blocksOf(examples: Dataset, length: number, fileName: string): Example[] {
  const names = examples.columnNames;
  let total = 0;
  for (let i = 0; i < examples.length; i++) total += (examples.get(i)['input_ids'] as Numbers).length;
  const count = Math.floor(total / length);
  if (count === 0) {
    throw new StudioError(
      'E-DATA-FORMAT',
      msg`${fileName}: the whole text is ${total} tokens long, less than one block of ${length}.`,
      { where: fileName, hint: msg`Add text, or set max_length to ${Math.max(1, total)} or less.` },
    );
  }
  const joined = Object.fromEntries(names.map((name) => [name, join(examples, name, count * length)]));
  return Array.from({ length: count }, (_, i) =>
    Object.fromEntries(names.map((name) => [name, joined[name]!.subarray(i * length, (i + 1) * length)])),
  );
}

function join(examples: Dataset, name: string, size: number): Numbers {
  const all = examples.get(0)[name] instanceof Int32Array ? new Int32Array(size) : new Uint8Array(size);
  let at = 0;
  for (let i = 0; i < examples.length && at < size; i++) {
    const part = (examples.get(i)[name] as Numbers).subarray(0, size - at);
    all.set(part, at);
    at += part.length;
  }
  return all;
}
