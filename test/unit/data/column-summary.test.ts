import { describe, expect, it } from 'vitest';
import { ColumnCounter } from '#data/column-summary.ts';
import { readTable } from '#formats/tabular.ts';
import { guessRoles, guessTask } from '#protocol/guess-task.ts';

async function summarize(text: string) {
  const counter = new ColumnCounter();
  const { columns } = await readTable(new Blob([text]), 'data.csv', { onRows: (...seen) => counter.add(...seen) });
  return counter.summaries(columns);
}

describe('ColumnCounter', () => {
  it('tells kinds, counts and frequent values', async () => {
    const csv =
      'text,label,code,price,none\nthe first long text,x,1,0.5,\nthe second long text,y,0,1.25,\nanother text,x,1,3,\n,x,1,7,\n';
    expect(await summarize(csv)).toEqual([
      { name: 'text', kind: 'text', distinct: 3, empty: 1, topValues: [], meanCharacters: 17 },
      {
        name: 'label',
        kind: 'category',
        distinct: 2,
        empty: 0,
        topValues: [
          { value: 'x', count: 3 },
          { value: 'y', count: 1 },
        ],
        meanCharacters: 1,
      },
      {
        name: 'code',
        kind: 'category',
        distinct: 2,
        empty: 0,
        topValues: [
          { value: '1', count: 3 },
          { value: '0', count: 1 },
        ],
        meanCharacters: 1,
      },
      { name: 'price', kind: 'number', distinct: 4, empty: 0, topValues: [], meanCharacters: 2.25 },
      { name: 'none', kind: 'empty', distinct: 0, empty: 4, topValues: [], meanCharacters: 0 },
    ]);
  });

  it('knows lists and truth values', async () => {
    const summary = await summarize(
      '{"tags": ["a"], "ok": true}\n{"tags": ["b"], "ok": true}\n{"tags": null, "ok": null}\n',
    );
    expect(summary.map(({ kind, distinct, empty }) => [kind, distinct, empty])).toEqual([
      ['list', 2, 1],
      ['category', 1, 1],
    ]);
  });
});

describe('guessRoles', () => {
  it.each([
    ['usual names', 'id,text,label\n1,one text,x\n2,two text,y\n', { text: 'text', label: 'label' }],
    [
      'usual pairs',
      'premise,hypothesis,label\na b,c d,0\ne f,g h,1\n',
      { text: 'premise', textPair: 'hypothesis', label: 'label' },
    ],
    ['other cases', 'Sentiment,Review\nx,a long one\ny,another one\n', { text: 'Review', label: 'Sentiment' }],
    [
      'unusual names',
      'satz,stimmung\nein langer Satz,gut\nnoch ein langer Satz,schlecht\nund noch einer,gut\n',
      { text: 'satz', label: 'stimmung' },
    ],
    [
      'no header',
      'a long sentence\t0\nanother sentence\t1\na third sentence\t0\n',
      { text: 'column_1', label: 'column_2' },
    ],
  ])('goes by %s', async (_, csv, roles) => {
    const columns = await summarize(csv);
    expect(guessRoles('text-classification', columns)).toEqual(roles);
    expect(guessTask({ columns, format: 'csv' })).toBe('text-classification');
  });

  it('gives up where nothing looks like a label', async () => {
    const columns = await summarize('a,b\none thing,another\ntwo things,others\n');
    expect(guessRoles('text-classification', columns)).toEqual({});
  });

  it.each([
    ['{"question": "q?", "context": "c", "answers": {"text": ["c"], "answer_start": [0]}}', 'question-answering'],
    ['{"tokens": ["a", "b"], "ner_tags": ["O", "B-x"]}', 'token-classification'],
    ['{"messages": [{"role": "user", "content": "hi"}]}', 'text-generation'],
    ['{"prompt": "a long prompt", "completion": "a long completion"}', 'text-generation'],
  ] as const)('tells tasks: %s', async (line, task) => {
    const columns = await summarize(`${line}\n${line}\n`);
    expect(guessTask({ columns, format: 'jsonl' })).toBe(task);
  });
});
