import { describe, expect, it } from 'vitest';
import { DataCollatorForLanguageModeling } from '#data/collators/data-collator-for-language-modeling.ts';
import { DataCollatorWithPadding } from '#data/collators/data-collator-with-padding.ts';
import { DefaultDataCollator } from '#data/collators/default-data-collator.ts';
import { PreTrainedTokenizer } from '#tokenizers/auto-tokenizer.ts';

describe('DefaultDataCollator', () => {
  const collator = new DefaultDataCollator();

  it('stacks numbers and lists, and renames the label', () => {
    const batch = collator.collate([
      { x: [1, 2], f: 0.5, label: 3, note: 'left out', gone: null },
      { x: [3, 4], f: 2, label: 1, note: 'too', gone: 1 },
    ]);
    expect(batch).toEqual({
      x: { data: Int32Array.of(1, 2, 3, 4), shape: [2, 2] },
      f: { data: Float32Array.of(0.5, 2), shape: [2] },
      labels: { data: Int32Array.of(3, 1), shape: [2] },
    });
  });

  it('keeps nested shapes, typed arrays and truth values', () => {
    const batch = collator.collate([{ label_ids: [[1], [0]], v: Float32Array.of(1, 2), b: true }]);
    expect(batch).toEqual({
      labels: { data: Int32Array.of(1, 0), shape: [1, 2, 1] },
      v: { data: Float32Array.of(1, 2), shape: [1, 2] },
      b: { data: Int32Array.of(1), shape: [1] },
    });
  });

  it('takes whole numbers as floats where told to', () => {
    const batch = new DefaultDataCollator({ floatFields: ['labels'] }).collate([{ label: 1 }, { label: 2 }]);
    expect(batch.labels).toEqual({ data: Float32Array.of(1, 2), shape: [2] });
  });

  it('refuses ragged and non-numeric fields by name', () => {
    expect(() => collator.collate([{ x: [1, 2] }, { x: [1] }])).toThrow(
      /The field x has 2 values in one example and 1 values in another/,
    );
    expect(() => collator.collate([{ x: 1 }, { x: null }])).toThrow(
      /field x should hold numbers, but one example has null there/,
    );
    expect(() => collator.collate([{ x: 1 }, {}])).toThrow(/has nothing there/);
  });
});

describe('DataCollatorWithPadding', () => {
  const vocab = '[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n';

  async function tokenizer(settings: object = {}): Promise<PreTrainedTokenizer> {
    const config = JSON.stringify({ tokenizer_class: 'BertTokenizer', ...settings });
    return PreTrainedTokenizer.fromFiles(
      new Map([
        ['vocab.txt', new Blob([vocab])],
        ['tokenizer_config.json', new Blob([config])],
      ]),
    );
  }

  it('pads ids, masks and types, and stacks the rest', async () => {
    const bert = await tokenizer({ pad_token_type_id: 1 });
    const examples = [
      { ...bert.encode('a', null, { maxLength: 8 }), label: 1 },
      { ...bert.encode('a b', 'b', { maxLength: 8 }), label: 0 },
    ];
    const collator = new DataCollatorWithPadding({ tokenizer: bert, padToMultipleOf: 4 });
    expect(
      collator.collate(
        examples.map(({ input_ids, attention_mask, token_type_ids, label }) => ({
          input_ids,
          attention_mask,
          token_type_ids,
          label,
        })),
      ),
    ).toEqual({
      input_ids: { data: Int32Array.of(2, 5, 3, 0, 0, 0, 0, 0, 2, 5, 6, 3, 6, 3, 0, 0), shape: [2, 8] },
      attention_mask: { data: Int32Array.of(1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0), shape: [2, 8] },
      token_type_ids: { data: Int32Array.of(0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1), shape: [2, 8] },
      labels: { data: Int32Array.of(1, 0), shape: [2] },
    });
  });

  it('pads to the longest of the batch, makes a mask, and keeps float labels', async () => {
    const collator = new DataCollatorWithPadding({
      tokenizer: await tokenizer({ padding_side: 'left' }),
      floatFields: ['labels'],
    });
    expect(
      collator.collate([
        { input_ids: Int32Array.of(5), label: [1, 0] },
        { input_ids: Int32Array.of(5, 6), label: [1, 1] },
      ]),
    ).toEqual({
      input_ids: { data: Int32Array.of(0, 5, 5, 6), shape: [2, 2] },
      attention_mask: { data: Int32Array.of(0, 1, 1, 1), shape: [2, 2] },
      labels: { data: Float32Array.of(1, 0, 1, 1), shape: [2, 2] },
    });
  });
});

describe('DataCollatorForLanguageModeling, whole words', () => {
  const tokenizer = {
    maskTokenId: 1,
    specialIds: new Set([0]),
    vocabSize: 10,
    paddingSide: 'right' as const,
    pad: (rows: readonly { input_ids: readonly number[] | Int32Array | Uint8Array }[]) => ({
      input_ids: rows.map(({ input_ids }) => [...input_ids]),
      attention_mask: rows.map(({ input_ids }) => [...input_ids].map(() => 1)),
    }),
  };
  /** Sure to hide every word that may be hidden. */
  const collator = new DataCollatorForLanguageModeling({ tokenizer, seed: 1, mlmProbability: 1, wholeWordMask: true });
  const example = (ids: readonly number[], starts: readonly number[]) => ({
    input_ids: Int32Array.from(ids),
    word_starts: Uint8Array.from(starts),
  });
  const hiddenIn = (rows: readonly ReturnType<typeof example>[]): boolean[] =>
    [...collator.collate(rows)['labels']!.data].map((label) => label !== -100);

  it('a row that begins within a word begins one of its own', () => {
    expect(hiddenIn([example([2, 0], [1, 1]), example([3, 4], [0, 0])])).toEqual([true, false, true, true]);
  });

  it('what touches a special token, such as an unknown sign, is a word of its own', () => {
    expect(hiddenIn([example([2, 0, 3], [1, 1, 0])])).toEqual([true, false, true]);
  });
});
