// Several validation files by name: each is read with the training file's labels and measured on its own.

import { describe, expect, it } from 'vitest';
import type { Dataset } from '#data/dataset.ts';
import { examineTask, prepareTask } from '#data/tasks/prepare-task.ts';
import type { TaskSource } from '#data/tasks/row-task.ts';
import { readTable } from '#formats/tabular.ts';
import { DEFAULT_TASK_OPTIONS } from '#protocol/task-options.ts';
import type { ColumnRoles } from '#protocol/task-roles.ts';
import { PreTrainedTokenizer } from '#tokenizers/auto-tokenizer.ts';
import { metricsFor } from '#worker/task-metrics.ts';

const tokenizer = await PreTrainedTokenizer.fromFiles(
  new Map([
    ['vocab.txt', new Blob(['[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nc'])],
    ['tokenizer_config.json', new Blob(['{"tokenizer_class": "BertTokenizer"}'])],
  ]),
);

const table = (rows: readonly unknown[], name: string) =>
  readTable(new Blob([rows.map((row) => JSON.stringify(row)).join('\n')]), name);

async function sourceOf(roles: ColumnRoles, train: readonly unknown[], ...sets: (readonly unknown[])[]) {
  const tables = await Promise.all(sets.map(async (rows, i) => [`s${i}`, await table(rows, `s${i}.jsonl`)] as const));
  const source: TaskSource = {
    train: await table(train, 'train.jsonl'),
    validation: new Map(tables),
    roles,
    options: DEFAULT_TASK_OPTIONS,
    validationFraction: 0,
    splitSeed: 42,
    maxLength: 8,
    tokenizer,
    configLabels: [],
  };
  return source;
}

describe('several validation sets', () => {
  const TRAIN = [
    { text: 'a', label: 'x' },
    { text: 'b', label: 'y' },
  ];
  it('come by name, with the labels of training', async () => {
    const source = await sourceOf(
      { text: 'text', label: 'label' },
      TRAIN,
      [{ text: 'c', label: 'y' }],
      [{ text: 'a b', label: 'x' }, TRAIN[1]],
    );
    const { validation } = await prepareTask('text-classification', source);
    const sets = Object.entries(validation as Record<string, Dataset>);
    expect(
      sets.map(([name, set]) => [name, Array.from({ length: set.length }, (_, i) => set.get(i)['labels'])]),
    ).toEqual([
      ['s0', [1]],
      ['s1', [0, 1]],
    ]);
    expect(await examineTask('text-classification', source)).toMatchObject({
      validationRows: 3,
      validationCounts: [1, 2],
    });
  });

  it('a fault is told with the file it is in', async () => {
    const source = await sourceOf({ text: 'text', label: 'label' }, TRAIN, [TRAIN[0]], [{ text: 'a', label: 'z' }]);
    await expect(async () => prepareTask('text-classification', source)).rejects.toMatchObject({
      code: 'E-DATA-LABEL',
      where: 's1.jsonl:1',
    });
  });

  it('of question answering each have their own answers', async () => {
    const row = (context: string, answer: string) => ({ question: 'a', context, answers: answer });
    const source = await sourceOf(
      { question: 'question', context: 'context', answers: 'answers' },
      [row('b c', 'c')],
      [row('b c', 'b')],
      [row('c b', 'b'), row('c', 'c')],
    );
    const data = await prepareTask('question-answering', source);
    const { computeMetrics } = metricsFor(data);
    const [first, second] = Object.values(data.validation as Record<string, Dataset>) as [Dataset, Dataset];
    // Logits that point at the first word of the context, token 3, in every row.
    const predictions = (rows: number) => ({
      data: Float32Array.from({ length: rows * 8 * 2 }, (_, i) => (Math.floor(i / 2) % 8 === 3 ? 9 : 0)),
      shape: [rows, 8, 2],
    });
    const measure = (dataset: Dataset) =>
      computeMetrics!({ predictions: predictions(dataset.length), labelIds: null }, true, dataset);
    expect(measure(first)).toEqual({ exact_match: 100, f1: 100 });
    expect(measure(second)).toEqual({ exact_match: 50, f1: 50 });
    expect(measure(data.train)).toEqual({});
  });
});
