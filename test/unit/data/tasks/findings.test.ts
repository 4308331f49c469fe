// What is odd about rows, and the rows that are left out for it.

import { describe, expect, it } from 'vitest';
import { examineTask, prepareTask } from '#data/tasks/prepare-task.ts';
import type { TaskSource } from '#data/tasks/row-task.ts';
import { HashIndex, textHash } from '#data/text-hash.ts';
import { readTable } from '#formats/tabular.ts';
import { DEFAULT_TASK_OPTIONS } from '#protocol/task-options.ts';
import { PreTrainedTokenizer } from '#tokenizers/auto-tokenizer.ts';

const tokenizer = await PreTrainedTokenizer.fromFiles(
  new Map([
    ['vocab.txt', new Blob(['[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nc'])],
    ['tokenizer_config.json', new Blob(['{"tokenizer_class": "BertTokenizer"}'])],
  ]),
);
const table = (text: string, name: string) => readTable(new Blob([text]), name);

async function sourceOf(train: string, validation: string | null, changes: Partial<TaskSource> = {}) {
  const source: TaskSource = {
    train: await table(train, 'train.csv'),
    validation: validation === null ? null : await table(validation, 'validation.csv'),
    roles: { text: 'text', label: 'label' },
    options: DEFAULT_TASK_OPTIONS,
    validationFraction: 0,
    splitSeed: 42,
    maxLength: 8,
    tokenizer,
    configLabels: [],
    ...changes,
  };
  return source;
}

const TRAIN = 'text,label\na,x\nb,y\na,x\n,x\nc c,y\n,y\na,y\n';
const VALIDATION = 'text,label\nc c,y\na b,x\n';

describe('findings', () => {
  it('are rows without a text, repeated ones, and those in validation, each with its line', async () => {
    const { findings } = await examineTask('text-classification', await sourceOf(TRAIN, VALIDATION));
    expect(findings).toEqual({
      empty: {
        count: 2,
        examples: [
          { where: 'train.csv:5', same: null },
          { where: 'train.csv:7', same: null },
        ],
      },
      duplicates: {
        count: 2,
        examples: [
          { where: 'train.csv:4', same: 'train.csv:2' },
          { where: 'train.csv:8', same: 'train.csv:2' },
        ],
      },
      inValidation: { count: 1, examples: [{ where: 'train.csv:6', same: 'validation.csv:2' }] },
    });
  });

  it('are gone once the rows are left out, which are not trained on either', async () => {
    const leaveOut = ['empty', 'duplicates', 'in-validation'] as const;
    const source = await sourceOf(TRAIN, VALIDATION, { leaveOut });
    const { findings, trainRows, trainCounts } = await examineTask('text-classification', source);
    expect([findings.empty.count, findings.duplicates.count, findings.inValidation.count]).toEqual([0, 0, 0]);
    expect([trainRows, trainCounts]).toEqual([2, [1, 1]]);
    const { train, validation } = await prepareTask('text-classification', source);
    expect(Array.from({ length: train.length }, (_, i) => train.get(i)['input_ids'])).toEqual([
      Int32Array.of(2, 5, 3),
      Int32Array.of(2, 6, 3),
    ]);
    expect(validation).toMatchObject({ length: 2 });
  });

  it('tell of rows held out of the same file', async () => {
    const text = `text,label\n${'a,x\nb,y\n'.repeat(10)}`;
    const source = await sourceOf(text, null, { validationFraction: 0.5 });
    expect((await examineTask('text-classification', source)).findings.inValidation.count).toBe(10);
    const left = { ...source, leaveOut: ['in-validation'] as const };
    await expect(examineTask('text-classification', left)).resolves.toMatchObject({ trainRows: 0 });
  });
});

describe('rows that can not be used', () => {
  it('are an error with a way to leave them out, and then a warning', async () => {
    const source = await sourceOf('text,label\na,x\nb,\nc,y\nd,\n', null);
    await expect(examineTask('text-classification', source)).rejects.toMatchObject({
      code: 'E-DATA-LABEL',
      where: 'train.csv:3',
      fixes: [{ kind: 'leave-out-bad-rows', count: 2 }],
    });
    const left = await examineTask('text-classification', { ...source, leaveOut: ['bad'] });
    expect(left.trainRows).toBe(2);
    expect(left.warnings).toEqual(['train.csv: 2 of 4 rows can not be used and were left out; lines 3, 5.']);
  });

  it('name the column that is likely meant, which then is used in the validation file', async () => {
    const source = await sourceOf(TRAIN, 'text,Label\na b,x\n');
    await expect(examineTask('text-classification', source)).rejects.toMatchObject({
      code: 'E-DATA-COLUMN',
      fixes: [{ kind: 'use-column', file: 'validation.csv', role: 'label', column: 'Label' }],
    });
    const mended = { ...source, validationRoles: { label: 'Label' } };
    expect((await examineTask('text-classification', mended)).validationCounts).toEqual([1, 0]);
  });
});

describe('a first look that is cancelled', () => {
  it('ends with the reason, and another one begins anew', async () => {
    const text = `text,label\n${Array.from({ length: 60_000 }, (_, i) => `${'a b c '.repeat(40)}${i},${i % 2}\n`).join('')}`;
    const source = await sourceOf(text, null);
    const controller = new AbortController();
    const examining = examineTask('text-classification', source, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')));
    await expect(examining).rejects.toThrow('enough');
    expect((await examineTask('text-classification', source)).trainRows).toBe(60_000);
  });
});

describe('textHash', () => {
  it('tells texts and their parts apart', () => {
    const hashes = [['ab', 'c'], ['a', 'bc'], ['abc'], ['abc', ''], ['é'], ['']].map(textHash);
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(hashes.every((hash) => Number.isSafeInteger(hash) && hash >= 0)).toBe(true);
    const many = new Set(Array.from({ length: 200_000 }, (_, i) => textHash([`row ${i}`])));
    expect(many.size).toBe(200_000);
  });

  it('finds rows by it', () => {
    const index = new HashIndex(Float64Array.of(7, 2 ** 52 + 7, 7, 0), 4);
    expect([0, 1, 2, 3].map((row) => index.add(row))).toEqual([-1, -1, 0, -1]);
    expect([index.find(7), index.find(0), index.find(1)]).toEqual([0, 3, -1]);
  });
});
