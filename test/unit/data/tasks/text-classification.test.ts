import { describe, expect, it } from 'vitest';
import type { Dataset } from '#data/dataset.ts';
import { examineTask, prepareTask, viewTaskRow } from '#data/tasks/prepare-task.ts';
import type { TaskSource } from '#data/tasks/row-task.ts';
import { floatFieldsOf } from '#data/tasks/text-classification.ts';
import { readTable } from '#formats/tabular.ts';
import { DEFAULT_TASK_OPTIONS } from '#protocol/task-options.ts';
import { PreTrainedTokenizer } from '#tokenizers/auto-tokenizer.ts';

const VOCAB = '[PAD] [UNK] [CLS] [SEP] [MASK] good bad film very the a'.split(' ').join('\n');
const tokenizer = await PreTrainedTokenizer.fromFiles(
  new Map([
    ['vocab.txt', new Blob([VOCAB])],
    ['tokenizer_config.json', new Blob(['{"tokenizer_class": "BertTokenizer"}'])],
  ]),
);

const table = (text: string, name = 'train.csv') => readTable(new Blob([text]), name);
const SIMPLE = 'text,label\ngood film,pos\nbad film,neg\nvery good film,pos\nvery bad,neg\n';

async function options(csv: string, changes: Partial<TaskSource> = {}): Promise<TaskSource> {
  return {
    train: await table(csv),
    validation: null,
    roles: { text: 'text', label: 'label' },
    options: DEFAULT_TASK_OPTIONS,
    validationFraction: 0,
    splitSeed: 42,
    maxLength: 16,
    tokenizer,
    configLabels: [],
    ...changes,
  };
}

/** The data, with how often each label occurs as the page shows it. */
async function prepare(csv: string, changes: Partial<TaskSource> = {}) {
  const source = await options(csv, changes);
  const { trainCounts, validationCounts } = await examineTask('text-classification', source);
  return { ...(await prepareTask('text-classification', source)), trainCounts, validationCounts };
}
const targets = ({ train }: Awaited<ReturnType<typeof prepare>>): unknown[] =>
  Array.from({ length: train.length }, (_, i) => train.get(i).labels);

describe('prepareTask', () => {
  it('tokenizes rows and numbers sorted labels', async () => {
    const data = await prepare(SIMPLE);
    expect(data).toMatchObject({
      problemType: 'single_label_classification',
      labels: ['neg', 'pos'],
      validation: null,
      warnings: [],
      trainCounts: [2, 2],
      validationCounts: [0, 0],
    });
    expect(data.train.get(2)).toEqual({
      input_ids: Int32Array.of(2, 8, 5, 7, 3),
      attention_mask: Uint8Array.of(1, 1, 1, 1, 1),
      token_type_ids: Uint8Array.of(0, 0, 0, 0, 0),
      labels: 1,
    });
  });

  it('encodes pairs', async () => {
    const data = await prepare('one,two,label\ngood,bad film,x\na,b,y\n', {
      roles: { text: 'one', textPair: 'two', label: 'label' },
    });
    expect(data.train.get(0)).toMatchObject({
      input_ids: Int32Array.of(2, 5, 3, 6, 7, 3),
      token_type_ids: Uint8Array.of(0, 0, 0, 1, 1, 1),
    });
  });

  it('reports progress to the end', async () => {
    const seen: [number, number][] = [];
    await prepareTask('text-classification', await options(SIMPLE, { validationFraction: 0.5 }), {
      onProgress: (done, total) => seen.push([done, total]),
    });
    expect(seen.at(-1)).toEqual([4, 4]);
  });

  it('gives way to other work in long data', async () => {
    const long = `text,label\n${Array.from({ length: 30 }, (_, i) => `${'good film '.repeat(1000)},${i % 2}\n`).join('')}`;
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    await prepareTask('text-classification', await options(long));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(1);
  });

  it('warns of truncation and of empty texts', async () => {
    const data = await prepare('text,label\n,pos\nvery very very very,neg\n', { maxLength: 5 });
    expect(data.warnings).toEqual([
      'train.csv: 1 of 2 rows have no text in text; lines 2.',
      '1 of 2 training texts are longer than 5 tokens and were cut.',
    ]);
    expect(data.train.get(1).input_ids).toHaveLength(5);
  });
});

describe('labels', () => {
  it('that are all numbers are sorted by value', async () => {
    expect((await prepare('text,label\na,10\na,9\na,-1\n')).labels).toEqual(['-1', '9', '10']);
  });

  it('are sorted by code point', async () => {
    expect((await prepare('text,label\na,é\na,b\na,Z\na,😀\n')).labels).toEqual(['Z', 'b', 'é', '😀']);
  });

  it('keep the order of a model that names them', async () => {
    const data = await prepare(SIMPLE, { configLabels: ['pos', 'neutral', 'neg'] });
    expect(data.labels).toEqual(['pos', 'neutral', 'neg']);
    expect(targets(data)).toEqual([0, 2, 0, 2]);
    expect(data.trainCounts).toEqual([2, 0, 2]);
    expect(data.warnings).toEqual(['1 of 3 labels have no training row: neutral.']);
  });

  it('are those of the data when the model has only generic names', async () => {
    expect((await prepare(SIMPLE, { configLabels: ['LABEL_0', 'LABEL_1'] })).labels).toEqual(['neg', 'pos']);
  });

  it('are indices when they are numbers and the model has names', async () => {
    const data = await prepare('text,label\na,1\na,0\na,2\n', { configLabels: ['x', 'y', 'z'] });
    expect(data.labels).toEqual(['x', 'y', 'z']);
    expect(targets(data)).toEqual([1, 0, 2]);
  });

  it('of a regression are numbers', async () => {
    const data = await prepare('text,label\na,1.0\na,2.5\na,3\n');
    expect(data).toMatchObject({ problemType: 'regression', labels: ['LABEL_0'], trainCounts: [] });
    expect(targets(data)).toEqual([1, 2.5, 3]);
    expect(floatFieldsOf(data.problemType)).toEqual(['labels']);
  });

  it('that are whole numbers can be declared a regression', async () => {
    expect(targets(await prepare('text,label\na,1\na,5\n', { problemType: 'regression' }))).toEqual([1, 5]);
  });

  it('in lists are several to a row, by name', async () => {
    const data = await prepare(
      '{"text": "a", "label": ["y", "x"]}\n{"text": "b", "label": []}\n{"text": "c", "label": ["y"]}\n',
    );
    expect(data).toMatchObject({ problemType: 'multi_label_classification', labels: ['x', 'y'], trainCounts: [1, 2] });
    expect(targets(data)).toEqual([
      [1, 1],
      [0, 0],
      [0, 1],
    ]);
    expect(floatFieldsOf(data.problemType)).toEqual(['labels']);
  });

  it('in lists of zeros and ones are taken as they are', async () => {
    const data = await prepare('{"text": "a", "label": [1, 0, 0]}\n{"text": "b", "label": [1, 0, 1]}\n', {
      configLabels: ['p', 'q', 'r'],
    });
    expect(data).toMatchObject({ labels: ['p', 'q', 'r'], trainCounts: [2, 0, 1] });
    expect(targets(data)).toEqual([
      [1, 0, 0],
      [1, 0, 1],
    ]);
  });

  it('in one cell are split where multi-label is declared', async () => {
    const data = await prepare('text,label\na,"x, y"\nb,y|z\n', { problemType: 'multi_label_classification' });
    expect(data.labels).toEqual(['x', 'y', 'z']);
    expect(targets(data)).toEqual([
      [1, 1, 0],
      [0, 1, 1],
    ]);
  });

  it('that are very many get a question', async () => {
    const csv = `text,label\n${Array.from({ length: 40 }, (_, i) => `a,l${i}\n`).join('')}`;
    expect((await prepare(csv)).warnings).toEqual([
      'There are 40 labels for 40 training rows. Is this the right label column?',
    ]);
  });
});

describe('validation rows', () => {
  const TEN = `text,label\n${Array.from({ length: 10 }, (_, i) => `${i % 2 ? 'good' : 'bad'},${i % 2}\n`).join('')}`;

  it('are the first of a seeded permutation, in the order of the file', async () => {
    const csv = `text,label\n${Array.from({ length: 10 }, (_, i) => `a,${i}\n`).join('')}`;
    const data = await prepare(csv, { validationFraction: 0.3 });
    // torch.randperm(10) with seed 42 begins 2 6 1.
    expect(Array.from({ length: 3 }, (_, i) => (data.validation as Dataset).get(i).labels)).toEqual([1, 2, 6]);
    expect(targets(data)).toEqual([0, 3, 4, 5, 7, 8, 9]);
    expect(data.validationCounts).toEqual([0, 1, 1, 0, 0, 0, 1, 0, 0, 0]);
  });

  it('come from their own file if there is one', async () => {
    const validation = await table('text,label\ngood,pos\n', 'dev.csv');
    const data = await prepare(SIMPLE, { validation, validationFraction: 0.5 });
    expect([data.train.length, data.validation!.length]).toEqual([4, 1]);
    expect(data.validationCounts).toEqual([0, 1]);
  });

  it('are none, with a warning, when the data is too small', async () => {
    const data = await prepare(SIMPLE, { validationFraction: 0.1 });
    expect(data.validation).toBeNull();
    expect(data.warnings).toEqual(['4 rows are too few to hold 10 % of them out; there will be no validation.']);
  });

  it.each([1, -0.1, Number.NaN])('can not be a share of %f', async (validationFraction) => {
    await expect(prepare(TEN, { validationFraction })).rejects.toMatchObject({ code: 'E-ARGS' });
  });

  it('can not be all rows', async () => {
    await expect(prepare(TEN, { validationFraction: 0.99 })).rejects.toThrow(/leaves none to train on/);
  });

  it('with a label unseen in training are refused by line', async () => {
    const validation = await table('text,label\ngood,pos\nfilm,meh\n', 'dev.csv');
    await expect(prepare(SIMPLE, { validation })).rejects.toMatchObject({
      code: 'E-DATA-LABEL',
      where: 'dev.csv:3',
      message: 'dev.csv:3: the label "meh" does not occur in the training data, which has "neg", "pos".',
    });
  });

  it('need the same columns', async () => {
    const validation = await table('text,lable\ngood,pos\n', 'dev.csv');
    await expect(prepare(SIMPLE, { validation })).rejects.toMatchObject({
      code: 'E-DATA-COLUMN',
      message: 'dev.csv has no column "label". Its columns are text, lable.',
      hint: 'Did you mean "lable"?',
    });
  });
});

describe('labels that are not those of the model count, and are told', () => {
  it.each<[string, string, readonly string[], readonly string[], RegExp]>([
    [
      'names',
      SIMPLE,
      ['happy', 'neg'],
      ['neg', 'pos'],
      /train\.csv: the model knows the labels "happy", "neg", but the data has "pos" \(lines 2, 4\)\. The labels of the data count\./,
    ],
    ['indices beyond the model', 'text,label\na,0\na,3\n', ['x', 'y'], ['0', '3'], /but the data has "0", "3"/],
    [
      'lists of another length',
      '{"text": "a", "label": [1, 1]}\n',
      ['x', 'y', 'z'],
      ['LABEL_0', 'LABEL_1'],
      /have 2 entries, but the model has 3 labels/,
    ],
    ['several at once', 'text,label\na,"x,new"\nb,x\n', ['x', 'y'], ['new', 'x'], /but the data has "new"/],
  ])('%s', async (name, csv, configLabels, labels, message) => {
    const problem = name === 'several at once' ? { problemType: 'multi_label_classification' as const } : {};
    const data = await prepare(csv, { configLabels, ...problem });
    expect(data.labels).toEqual(labels);
    expect(data.warnings.filter((warning) => message.test(warning))).toHaveLength(1);
  });
});

describe('unusable data is refused:', () => {
  it.each<[string, string, Partial<TaskSource>, string, RegExp]>([
    [
      'a column that is not there',
      SIMPLE,
      { roles: { text: 'body', label: 'label' } },
      'E-DATA-COLUMN',
      /no column "body"\. Its columns are text, label/,
    ],
    ['one class only', 'text,label\na,x\nb,x\n', {}, 'E-DATA-LABEL', /all 2 rows have the same label, "x"/],
    [
      'missing labels',
      'text,label\na,x\nb,\nc,y\nd, \n',
      {},
      'E-DATA-LABEL',
      /2 of 4 rows have no label in label; lines 3, 5/,
    ],
    [
      'words in a regression',
      SIMPLE,
      { problemType: 'regression' },
      'E-DATA-LABEL',
      /train\.csv:2: the label "pos" is not a number/,
    ],
    [
      'lists as text',
      '{"text": ["a"], "label": "x"}\n{"text": "b", "label": "y"}\n',
      {},
      'E-DATA-COLUMN',
      /train\.csv:1: the column text holds a list/,
    ],
    ['no label at all', '{"text": "a", "label": []}\n', {}, 'E-DATA-LABEL', /no row has any label/],
  ])('%s', async (_, csv, changes, code, message) => {
    const failure = prepare(csv, changes);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toMatchObject({ code, hint: expect.any(String) });
  });
});

describe('examineTask', () => {
  it('shows what the model will see', async () => {
    const source = await options('text,label\nvery good film,pos\nbad,neg\nthe a the a the,neg\n', { maxLength: 5 });
    const examination = await examineTask('text-classification', source);
    expect(examination).toMatchObject({
      problemType: 'single_label_classification',
      labels: ['neg', 'pos'],
      trainRows: 3,
      validationRows: 0,
      trainCounts: [2, 1],
      truncatedShare: 1 / 3,
      longest: 7,
      lengths: { counted: 3, percentile95: 7, percentile99: 7 },
    });
    expect(examination.lengths.bins.map(({ count }) => count)).toEqual([0, 0, 0, 1, 0, 1, 0, 1]);
  });

  it('shows any row', async () => {
    const source = await options('text,label\nvery good film,pos\nbad,neg\nthe a the a film,neg\n', { maxLength: 5 });
    const view = (index: number, search?: { text: string; backwards: boolean }) =>
      viewTaskRow('text-classification', source, { part: 'train', index, search });
    expect(await view(2)).toEqual({
      index: 2,
      rows: 3,
      where: 'train.csv:4',
      preview: {
        text: 'the a the a film',
        textPair: null,
        label: 'neg',
        tokens: ['[CLS]', 'the', 'a', 'the', '[SEP]'],
        ids: [2, 9, 10, 9, 3],
        targets: null,
        truncated: 2,
        cutTokens: ['a', 'film'],
      },
    });
    expect(await view(99)).toMatchObject({ index: 2 });
    expect(await view(1, { text: 'FILM', backwards: false })).toMatchObject({ index: 2 });
    expect(await view(1, { text: 'film', backwards: true })).toMatchObject({ index: 0 });
    expect(await view(0, { text: 'nowhere', backwards: false })).toBeNull();
    expect(await viewTaskRow('text-classification', source, { part: 'validation', index: 0 })).toBeNull();
  });

  it('names several labels, and values', async () => {
    const labelOf = async (text: string) =>
      (await viewTaskRow('text-classification', await options(text), { part: 'train', index: 0 }))!.preview.label;
    expect(await labelOf('{"text": "a", "label": ["y", "x"]}\n')).toBe('x, y');
    expect(await labelOf('text,label\na,1.5\nb,2\n')).toBe('1.5');
  });
});
