// Stacks examples of equal shape, as HF's `default_data_collator`: no padding; `label` or `label_ids` become `labels`;
// text and missing fields are left out.

import type { Batch, NdArray } from '#util/nd-array.ts';
import type { DataCollator } from '../data-loader.ts';
import type { Example } from '../dataset.ts';
import { stackField } from './stack-field.ts';

export interface DefaultDataCollatorOptions {
  /** Fields (named as in the batch) whose whole numbers are floats too, such as `labels` in regression. Default: none. */
  readonly floatFields?: readonly string[];
}

export class DefaultDataCollator implements DataCollator {
  readonly #floatFields: ReadonlySet<string>;

  constructor({ floatFields = [] }: DefaultDataCollatorOptions = {}) {
    this.#floatFields = new Set(floatFields);
  }

  /** The first example decides which fields there are. */
  collate(examples: readonly Example[]): Batch {
    const batch: Record<string, NdArray> = {};
    for (const [field, value] of Object.entries(examples[0] ?? {})) {
      if (value === null || value === undefined || typeof value === 'string') continue;
      const name = batchName(field);
      const values = examples.map((example) => example[field]);
      batch[name] = stackField(name, values, this.#floatFields.has(name));
    }
    return batch;
  }
}

/** What an example's field is called in a batch. */
function batchName(field: string): string {
  return field === 'label' || field === 'label_ids' ? 'labels' : field;
}
