// Answers, chats and texts in the forms that people bring, and rows that there is nothing to learn from.

import { describe, expect, it } from 'vitest';
import { prepareTask } from '#data/tasks/prepare-task.ts';
import { readTable } from '#formats/tabular.ts';
import { DEFAULT_TASK_OPTIONS } from '#protocol/task-options.ts';
import type { ColumnRoles } from '#protocol/task-roles.ts';
import { PreTrainedTokenizer } from '#tokenizers/auto-tokenizer.ts';
import type { Task } from '#util/task.ts';

const tokenizer = await PreTrainedTokenizer.fromFiles(
  new Map([
    ['vocab.txt', new Blob(['[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nc'])],
    ['tokenizer_config.json', new Blob(['{"tokenizer_class": "BertTokenizer"}'])],
  ]),
);

async function prepare(task: Task, roles: ColumnRoles, rows: readonly unknown[]) {
  const text = rows.map((row) => JSON.stringify(row)).join('\n');
  return prepareTask(task, {
    train: await readTable(new Blob([text]), 'train.jsonl'),
    validation: null,
    roles,
    options: DEFAULT_TASK_OPTIONS,
    validationFraction: 0,
    splitSeed: 42,
    maxLength: 8,
    tokenizer,
    configLabels: [],
  });
}

describe('answers', () => {
  const ask = (answers: unknown) =>
    prepare('question-answering', { question: 'q', context: 'c', answers: 'a' }, [{ q: 'a', c: 'b c b', a: answers }]);

  it.each<[string, unknown]>([
    ["SQuAD's lists", { text: ['b', 'c'], answer_start: [4, 2] }],
    [
      'lists of objects',
      [
        { text: 'b', answer_start: 4 },
        { text: 'c', answer_start: 2 },
      ],
    ], // As the files of SQuAD.
    ['one object', { text: 'b', answer_start: 4 }],
  ])('%s', async (_, answers) => {
    const { train } = await ask(answers);
    expect(train.get(0)).toMatchObject({ start_positions: 5, end_positions: 5 });
  });

  it.each([[null], [''], [[]], [{ text: [], answer_start: [] }]])('%j is none', async (answers) =>
    expect((await ask(answers)).train.get(0)).toMatchObject({ start_positions: 0, end_positions: 0 }),
  );

  it('that are no texts are refused by line', () =>
    expect(ask({ text: [{ b: 1 }], answer_start: [0] })).rejects.toMatchObject({
      code: 'E-DATA-LABEL',
      where: 'train.jsonl:1',
      message: 'train.jsonl:1: an answer holds something that is no text.',
    }));
});

describe('nothing to learn', () => {
  const complete = (...prompts: string[]) =>
    prepare(
      'text-generation',
      { prompt: 'p', completion: 'c' },
      prompts.map((p) => ({ p, c: ' b' })),
    );

  it('from prompts as long as the model reads', async () => {
    expect((await complete('a ', 'a a a a a a a a a')).warnings).toContain(
      '1 of 2 training texts have nothing to learn within 8 tokens.',
    );
    await expect(complete('a a a a a a a a a')).rejects.toMatchObject({ code: 'E-DATA-LABEL', where: 'train.jsonl' });
  });

  it('from empty texts', () =>
    expect(prepare('fill-mask', { text: 't' }, [{ t: '' }, { t: ' ' }])).rejects.toMatchObject({
      message: 'train.jsonl: no row has a text in t.',
    }));
});
