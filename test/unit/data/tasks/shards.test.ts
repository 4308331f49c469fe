// Training data in shards: what is said of a row names the shard that it is in.

import { describe, expect, it } from 'vitest';
import { examineTask, viewTaskRow } from '#data/tasks/prepare-task.ts';
import type { TaskSource } from '#data/tasks/row-task.ts';
import { readSplit } from '#formats/split-table.ts';
import { DEFAULT_TASK_OPTIONS } from '#protocol/task-options.ts';
import { PreTrainedTokenizer } from '#tokenizers/auto-tokenizer.ts';

const tokenizer = await PreTrainedTokenizer.fromFiles(
  new Map([
    ['vocab.txt', new Blob(['[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nc'])],
    ['tokenizer_config.json', new Blob(['{"tokenizer_class": "BertTokenizer"}'])],
  ]),
);

const tableOf = (name: string, ...rows: string[]) =>
  readSplit(
    rows.map((text, i) => ({
      path: `${name}-0000${i}-of-0000${rows.length}.csv`,
      file: new Blob([`text,label\n${text}`]),
    })),
  );

async function sourceOf(changes: Partial<TaskSource> = {}): Promise<TaskSource> {
  return {
    train: await tableOf('train', 'a,x\nb,y\n', 'c,x\na,y\n,x\n'),
    validation: null,
    roles: { text: 'text', label: 'label' },
    options: DEFAULT_TASK_OPTIONS,
    validationFraction: 0,
    splitSeed: 42,
    maxLength: 8,
    tokenizer,
    configLabels: [],
    ...changes,
  };
}

describe('shards', () => {
  it('count together; findings and warnings name the one', async () => {
    const { trainRows, findings, warnings } = await examineTask('text-classification', await sourceOf());
    expect(trainRows).toBe(5);
    expect(findings.duplicates.examples).toEqual([
      { where: 'train-00001-of-00002.csv:3', same: 'train-00000-of-00002.csv:2' },
    ]);
    expect(warnings).toContain(
      'train-*-of-00002.csv: 1 of 5 rows have no text in text; lines train-00001-of-00002.csv:4.',
    );
  });

  it('are shown row by row, each with its place', async () => {
    const source = await sourceOf();
    const view = (index: number) => viewTaskRow('text-classification', source, { part: 'train', index });
    expect(await view(1)).toMatchObject({ rows: 5, where: 'train-00000-of-00002.csv:3', preview: { text: 'b' } });
    expect(await view(2)).toMatchObject({ rows: 5, where: 'train-00001-of-00002.csv:2', preview: { text: 'c' } });
  });

  it.each([
    ['a label that training never saw', 'text-classification', 'b,x\n', 'a,z\n', 'E-DATA-LABEL', 2],
    ['a row without a label', 'text-classification', 'b,x\n', 'a,y\nc,\n', 'E-DATA-LABEL', 3],
    ['a tag that training never saw', 'token-classification', 'b,x\n', 'c,y\na,z\n', 'E-DATA-LABEL', 3],
  ] as const)('%s is told with its shard', async (_, task, first, second, code, line) => {
    const source = await sourceOf({
      train: await tableOf('train', 'a,x\n', 'b,y\n'),
      validation: await tableOf('dev', first, second),
    });
    await expect(examineTask(task, source)).rejects.toMatchObject({ code, where: `dev-00001-of-00002.csv:${line}` });
  });

  it('labels that are not those of the model are listed with theirs', async () => {
    const { warnings } = await examineTask(
      'text-classification',
      await sourceOf({ train: await tableOf('train', 'a,p\n', 'b,q\n'), configLabels: ['p', 'n'] }),
    );
    expect(warnings.join()).toContain('(lines train-00001-of-00002.csv:2)');
  });
});
