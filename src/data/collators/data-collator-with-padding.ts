// Pads the tokenizer's fields of a batch to one length and stacks the others, as HF's `DataCollatorWithPadding`.

import type { PaddableEncoding, PreTrainedTokenizer } from '#tokenizers/auto-tokenizer.ts';
import type { Batch, NdArray } from '#util/nd-array.ts';
import type { DataCollator } from '../data-loader.ts';
import type { Example } from '../dataset.ts';
import { DefaultDataCollator } from './default-data-collator.ts';
import { stackField } from './stack-field.ts';

export interface DataCollatorWithPaddingOptions {
  readonly tokenizer: Pick<PreTrainedTokenizer, 'pad'>;
  /** Round the length up to a multiple of this; null (default): not. */
  readonly padToMultipleOf?: number | null;
  /** As in `DefaultDataCollator`. */
  readonly floatFields?: readonly string[];
}

const PADDED_FIELDS = new Set(['input_ids', 'token_type_ids', 'attention_mask']);

export class DataCollatorWithPadding implements DataCollator {
  readonly #tokenizer: Pick<PreTrainedTokenizer, 'pad'>;
  readonly #padToMultipleOf: number | null;
  readonly #others: DefaultDataCollator;

  constructor({ tokenizer, padToMultipleOf = null, floatFields = [] }: DataCollatorWithPaddingOptions) {
    this.#tokenizer = tokenizer;
    this.#padToMultipleOf = padToMultipleOf;
    this.#others = new DefaultDataCollator({ floatFields });
  }

  /** B examples → `input_ids`, `attention_mask` and, where there, `token_type_ids` [B, T] int32, and the other fields. */
  collate(examples: readonly Example[]): Batch {
    const padded = this.#tokenizer.pad(examples as unknown as readonly PaddableEncoding[], {
      padToMultipleOf: this.#padToMultipleOf,
    });
    const batch: Record<string, NdArray> = {};
    for (const [name, rows] of Object.entries(padded))
      batch[name] = stackField(name, rows as readonly unknown[], false);
    const rest = examples.map((example) =>
      Object.fromEntries(Object.entries(example).filter(([field]) => !PADDED_FIELDS.has(field))),
    );
    return { ...batch, ...this.#others.collate(rest) };
  }
}
