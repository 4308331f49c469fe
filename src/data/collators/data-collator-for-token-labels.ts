// Pads the labels of tokens along with the tokens, as HF's `DataCollatorForTokenClassification`.

import type { PaddableEncoding, PreTrainedTokenizer } from '#tokenizers/auto-tokenizer.ts';
import { IGNORE_INDEX } from '#util/ignore-index.ts';
import type { Batch, NdArray } from '#util/nd-array.ts';
import type { DataCollator } from '../data-loader.ts';
import type { Example } from '../dataset.ts';
import { stackField } from './stack-field.ts';

type Numbers = ArrayLike<number>;

export interface DataCollatorForTokenLabelsOptions {
  readonly tokenizer: Pick<PreTrainedTokenizer, 'pad' | 'paddingSide'>;
  /** What inputs are filled up with where the tokenizer has no padding token; they are masked. Default: an error. */
  readonly fallbackId?: number | null;
}

export class DataCollatorForTokenLabels implements DataCollator {
  readonly #tokenizer: DataCollatorForTokenLabelsOptions['tokenizer'];
  readonly #fallbackId: number | null;

  constructor({ tokenizer, fallbackId = null }: DataCollatorForTokenLabelsOptions) {
    this.#tokenizer = tokenizer;
    this.#fallbackId = fallbackId;
  }

  /** B examples → what `DataCollatorWithPadding` gives, `labels` [B, T] with -100, and `position_ids` [B, T] where there. */
  collate(examples: readonly Example[]): Batch {
    const padded = this.#tokenizer.pad(examples as unknown as readonly PaddableEncoding[], {
      fallbackId: this.#fallbackId,
    });
    const length = padded.input_ids[0]?.length ?? 0;
    const batch: Record<string, NdArray> = {};
    for (const [name, rows] of Object.entries(padded))
      batch[name] = stackField(name, rows as readonly unknown[], false);
    for (const [name, fill] of [
      ['labels', IGNORE_INDEX],
      ['position_ids', 0],
    ] as const) {
      if (examples[0]?.[name] !== undefined) batch[name] = this.#padField(examples, name, fill, length);
    }
    return batch;
  }

  #padField(examples: readonly Example[], name: string, fill: number, length: number): NdArray {
    const data = new Int32Array(examples.length * length).fill(fill);
    examples.forEach((example, row) => {
      const values = example[name] as Numbers;
      const begin = this.#tokenizer.paddingSide === 'right' ? 0 : length - values.length;
      data.set(Int32Array.from(values), row * length + begin);
    });
    return { data, shape: [examples.length, length] };
  }
}
