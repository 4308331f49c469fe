// Rows of words and tags that people bring, and what is said of those that can not be read.

import { describe, expect, it } from 'vitest';
import { prepareTask } from '#data/tasks/prepare-task.ts';
import { readTable } from '#formats/tabular.ts';
import { DEFAULT_TASK_OPTIONS } from '#protocol/task-options.ts';
import { PreTrainedTokenizer } from '#tokenizers/auto-tokenizer.ts';

const tokenizer = await PreTrainedTokenizer.fromFiles(
  new Map([
    ['vocab.txt', new Blob(['[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb'])],
    ['tokenizer_config.json', new Blob(['{"tokenizer_class": "BertTokenizer"}'])],
  ]),
);

interface Row {
  readonly tokens: unknown;
  readonly tags: unknown;
}

async function prepare(...rows: readonly Row[]) {
  const text = rows.map((row) => JSON.stringify(row)).join('\n');
  return prepareTask('token-classification', {
    train: await readTable(new Blob([text]), 'train.jsonl'),
    validation: null,
    roles: { text: 'tokens', label: 'tags' },
    options: DEFAULT_TASK_OPTIONS,
    validationFraction: 0,
    splitSeed: 42,
    maxLength: 16,
    tokenizer,
    configLabels: [],
  });
}
const SOUND: Row = { tokens: ['a', 'b'], tags: ['O', 'B-x'] };

describe('words and tags', () => {
  it('are lists, or texts with spaces', async () => {
    const data = await prepare(SOUND, { tokens: 'a b', tags: 'O O' }, { tokens: [], tags: [] });
    expect(data.labels).toEqual(['B-x', 'O']);
    expect(Array.from({ length: 3 }, (_, i) => Array.from(data.train.get(i).labels as Int32Array))).toEqual([
      [-100, 1, 0, -100],
      [-100, 1, 1, -100],
      [-100, -100],
    ]);
  });

  it('may be numbers', async () => {
    const data = await prepare({ tokens: [1, true], tags: [0, 2] });
    expect(data.labels).toEqual(['LABEL_0', 'LABEL_1', 'LABEL_2']);
  });

  it.each<[string, Row, string]>([
    ['lists among the words', { tokens: [['a'], 'b'], tags: ['O', 'O'] }, 'among the words there is a list'],
    ['objects among the words', { tokens: [{ w: 'a' }, 'b'], tags: ['O', 'O'] }, 'there is an object'],
    ['an object for a list', { tokens: { a: 1 }, tags: ['O'] }, 'there is an object'],
    ['words without a tag', { tokens: ['a', 'b'], tags: ['O', null] }, 'among the tags there is nothing'],
    ['other numbers of both', { tokens: ['a', 'b'], tags: ['O'] }, 'has 2 words but 1 tags'],
  ])('are refused with their line: %s', (_, row, message) =>
    expect(prepare(SOUND, row)).rejects.toMatchObject({
      where: 'train.jsonl:2',
      message: expect.stringContaining(message),
    }),
  );

  it.each([1.5, -100, 123_456_789])('are refused as indices: %d', (tag) =>
    expect(prepare({ tokens: 'a b', tags: [0, 1] }, { tokens: 'a b', tags: [0, tag] })).rejects.toMatchObject({
      where: 'train.jsonl:2',
      message: `train.jsonl:2: the tag ${tag} is no index of a tag.`,
    }),
  );
});
