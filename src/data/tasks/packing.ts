// Puts several short examples into one row, each seeing itself alone, so that less of a batch is padding.

import { IGNORE_INDEX } from '#util/ignore-index.ts';
import type { Dataset, Example } from '../dataset.ts';

type Numbers = Int32Array | Uint8Array;
const lengthOf = (example: Example): number => (example['input_ids'] as Numbers).length;

/**
 * First fit in the order of the data: each example goes into the first row that has room for it.
 * @returns rows with `input_ids` and `labels` Int32Array, `attention_mask` Uint8Array that numbers the examples of the row
 * from 1, and `position_ids` Int32Array that begin at 0 in each. The first token of an example is nobody's next.
 */
export function pack(examples: Dataset, length: number): Example[] {
  const rows: { readonly parts: Example[]; room: number }[] = [];
  for (let i = 0; i < examples.length; i++) {
    const example = examples.get(i);
    const size = lengthOf(example);
    // Marks are bytes: 255 examples a row.
    const row = rows.find(({ room, parts }) => room >= size && parts.length < 255);
    if (row) {
      row.parts.push(example);
      row.room -= size;
    } else rows.push({ parts: [example], room: length - size });
  }
  return rows.map(({ parts }) => rowOf(parts));
}

function rowOf(parts: readonly Example[]): Example {
  const size = parts.reduce((sum, part) => sum + lengthOf(part), 0);
  const row = {
    input_ids: new Int32Array(size),
    attention_mask: new Uint8Array(size),
    position_ids: new Int32Array(size),
    labels: new Int32Array(size),
  };
  let at = 0;
  for (const [number, part] of parts.entries()) {
    const own = lengthOf(part);
    row.input_ids.set(part['input_ids'] as Numbers, at);
    row.labels.set(part['labels'] as Int32Array, at);
    row.labels[at] = IGNORE_INDEX;
    row.attention_mask.fill(number + 1, at, at + own);
    for (let i = 0; i < own; i++) row.position_ids[at + i] = i;
    at += own;
  }
  return row;
}
