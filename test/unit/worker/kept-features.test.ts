// Files that were tokenized before: the same examples come back, and what the examples depend on makes another name.

import 'fake-indexeddb/auto';
import { describe, expect, it, vi } from 'vitest';
import type { Dataset } from '#data/dataset.ts';
import { DEFAULT_TASK_OPTIONS } from '#protocol/task-options.ts';
import { openDatabase } from '#storage/database.ts';
import { IdbFeatureStore } from '#storage/feature-store.ts';
import { PreTrainedTokenizer } from '#tokenizers/auto-tokenizer.ts';
import { keptFeatures } from '#worker/kept-features.ts';
import { openData } from '#worker/open-data.ts';
import type { OpenedModel } from '#worker/opened-model.ts';
import { examineOpened, prepareOpened } from '#worker/prepare-task.ts';

const tokenizerOf = (words: string) =>
  PreTrainedTokenizer.fromFiles(
    new Map([
      ['vocab.txt', new Blob([`[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n${words}`])],
      ['tokenizer_config.json', new Blob(['{"tokenizer_class": "BertTokenizer"}'])],
    ]),
  );
const modelWith = (tokenizer: PreTrainedTokenizer) =>
  ({ tokenizer, labels: [], shape: { maxPositions: 64 } }) as unknown as OpenedModel;
const model = modelWith(await tokenizerOf('a\nb\nc'));

const CSV = `text,label\n${Array.from({ length: 50 }, (_, i) => `${'a b c '.repeat(1 + (i % 5))},${i % 3}\n`).join('')}`;
const open = (...contents: string[]) => {
  const train = contents.map((csv, i) => ({
    path: contents.length === 1 ? 'train.csv' : `train-0000${i}-of-0000${contents.length}.csv`,
    file: new Blob([csv]),
  }));
  return openData({ name: 'd', train, validation: [], reading: {} });
};

const SETUP = {
  task: 'text-classification',
  roles: { text: 'text', label: 'label' },
  options: DEFAULT_TASK_OPTIONS,
  validationFraction: 0.2,
  splitSeed: 42,
  maxLength: 8,
} as const;

const examplesOf = (dataset: Dataset) => Array.from({ length: dataset.length }, (_, i) => dataset.get(i));

describe('a file that was tokenized', () => {
  it('is not tokenized again, whatever the split; and is examined as a whole', async () => {
    const store = new IdbFeatureStore(await openDatabase({ name: 'again' }));
    const prepare = async (changes: object = {}) => {
      const data = await open(CSV);
      return prepareOpened({
        setup: { ...SETUP, ...changes },
        model,
        data,
        features: keptFeatures(store, model, data),
      });
    };
    const plain = await prepareOpened({ setup: SETUP, model, data: await open(CSV) });
    const first = await prepare();
    const encode = vi.spyOn(model.tokenizer, 'encode');
    const second = await prepare();
    const other = await prepare({ splitSeed: 7, validationFraction: 0.4 });
    expect(encode).not.toHaveBeenCalled();
    encode.mockRestore();
    for (const prepared of [first, second]) {
      expect(examplesOf(prepared.train)).toEqual(examplesOf(plain.train));
      expect(examplesOf(prepared.validation as Dataset)).toEqual(examplesOf(plain.validation as Dataset));
      expect(prepared.warnings).toEqual(plain.warnings);
    }
    expect(other.train.length).toBe(30);
    expect(await store.list()).toHaveLength(1);
    const data = await open(CSV);
    const examined = await examineOpened({ setup: SETUP, model, data, features: keptFeatures(store, model, data) });
    expect(examined.lengths.counted).toBe(50);
  });

  it.each<[string, () => Promise<[model: OpenedModel, csv: string, setup: object]>]>([
    ['another longest input', async () => [model, CSV, { ...SETUP, maxLength: 9 }]],
    ['other content', async () => [model, `${CSV}a,1\n`, SETUP]],
    ['another tokenizer', async () => [modelWith(await tokenizerOf('a\nc\nb')), CSV, SETUP]],
    ['rows left out', async () => [model, CSV, { ...SETUP, leaveOut: ['duplicates'] }]],
  ])('is another one with %s', async (name, change) => {
    const store = new IdbFeatureStore(await openDatabase({ name }));
    const prepare = async (used: OpenedModel, csv: string, setup: object) => {
      const data = await open(csv);
      const features = keptFeatures(store, used, data);
      await prepareOpened({ setup: setup as typeof SETUP, model: used, data, features });
    };
    await prepare(model, CSV, SETUP);
    await prepare(...(await change()));
    expect(await store.list()).toHaveLength(2);
  });
});

it('every shard of a split makes the name of what is kept', async () => {
  const store = new IdbFeatureStore(await openDatabase({ name: 'shards' }));
  const keyOf = async (...contents: string[]) => {
    const data = await open(...contents);
    return keptFeatures(store, model, data).keyOf(data.train, '');
  };
  const [a, b, c] = ['a,0', 'b,1', 'c,2'].map((row) => `text,label\n${row}\n`) as [string, string, string];
  const key = await keyOf(a, b);
  expect(await keyOf(a, b)).toBe(key);
  expect(new Set([key, await keyOf(a), await keyOf(a, c), await keyOf(b, a), await keyOf(a, b, c)]).size).toBe(5);
});
