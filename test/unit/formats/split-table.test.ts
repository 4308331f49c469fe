// The shards of a split as one table: the rows of all in order, each with its own file and line.

import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { readSplit } from '#formats/split-table.ts';
import { listPlaces, type Row, readRows, whereOf } from '#formats/table.ts';
import { rowsOf } from '../../setup/table-rows.ts';

const shards = (extension: string, ...contents: (string | ArrayBuffer)[]) =>
  contents.map((content, i) => ({
    path: `a/train-0000${i}-of-0000${contents.length}.${extension}`,
    file: new Blob([content]),
  }));

describe('shards of CSV', () => {
  it('are one table; a row in a later shard has its place there', async () => {
    const table = await readSplit(
      shards('csv', 'text,label\na,x\nb,y\n', 'text,label\n"two\nlines",x\nc,y\n', 'text,label\nd,x\n'),
    );
    expect(table).toMatchObject({
      fileName: 'a/train-*-of-00003.csv',
      format: 'csv',
      columns: ['text', 'label'],
      rowCount: 5,
    });
    expect(await rowsOf(table)).toEqual([
      ['a', 'x'],
      ['b', 'y'],
      ['two\nlines', 'x'],
      ['c', 'y'],
      ['d', 'x'],
    ]);
    expect(await readRows(table, [4, 1, 2])).toEqual([
      ['d', 'x'],
      ['b', 'y'],
      ['two\nlines', 'x'],
    ]);
    expect([0, 1, 2, 3, 4].map((row) => whereOf(table, row))).toEqual([
      'a/train-00000-of-00003.csv:2',
      'a/train-00000-of-00003.csv:3',
      'a/train-00001-of-00003.csv:2',
      'a/train-00001-of-00003.csv:4',
      'a/train-00002-of-00003.csv:2',
    ]);
    expect(listPlaces(table, [1, 3])).toBe('a/train-00000-of-00003.csv:3, a/train-00001-of-00003.csv:4');
  });

  it('of many pieces are read across the border, whatever is at hand', async () => {
    const long = 'many words '.repeat(40);
    const csv = (from: number) =>
      `text,n\n${Array.from({ length: 6000 }, (_, i) => `${from + i} ${long},${from + i}\n`).join('')}`;
    const table = await readSplit(shards('csv', csv(0), csv(6000)));
    expect(table.blocks.length).toBeGreaterThan(4);
    const numbers = [5999, 6000, 0, 11_999, 6001];
    expect((await readRows(table, numbers)).map((row) => row[1])).toEqual(numbers.map(String));
    expect((await rowsOf(table)).map((row) => Number(row[1]))).toEqual(Array.from({ length: 12_000 }, (_, i) => i));
    expect(whereOf(table, 6001)).toBe('a/train-00001-of-00002.csv:3');
  });

  it('with their columns in another order are put in that of the first', async () => {
    const table = await readSplit(shards('csv', 'text,label\na,x\n', 'label,text\ny,b\nz,c\n'));
    expect(table.columns).toEqual(['text', 'label']);
    expect(await rowsOf(table)).toEqual([
      ['a', 'x'],
      ['b', 'y'],
      ['c', 'z'],
    ]);
    expect(await table.readBlock(1)).toBe(await table.readBlock(1));
  });

  it.each([
    ['another', 'text,mood\nb,y\n'],
    ['fewer', 'text\nb\n'],
    ['more', 'text,label,id\nb,y,1\n'],
  ])('with %s columns are refused, named', async (_, second) => {
    await expect(readSplit(shards('csv', 'text,label\na,x\n', second))).rejects.toMatchObject({
      code: 'E-DATA-FORMAT',
      where: 'a/train-00001-of-00002.csv',
      message: expect.stringContaining(
        `its columns are ${second.split('\n')[0]!.replaceAll(',', ', ')}, but those of a/train-00000-of-00002.csv are text, label.`,
      ),
    });
  });

  it('tell their warnings, their faults, and how far the reading is', async () => {
    const files = shards('csv', 'text,label\na,x\nb\n', 'text,label\nc,y\nd\n');
    const seen: Row[] = [];
    const progress: number[] = [];
    const table = await readSplit(files, {
      onRows: (_, rows) => seen.push(...rows),
      onProgress: (bytes) => progress.push(bytes),
    });
    expect(table.warnings).toEqual([
      expect.stringMatching(/^a\/train-00000-of-00002\.csv: 1 of 2 rows have fewer cells/),
      expect.stringMatching(/^a\/train-00001-of-00002\.csv: 1 of 2 rows have fewer cells/),
    ]);
    expect(seen).toHaveLength(4);
    expect(progress).toEqual([files[0]!.file.size, files[0]!.file.size + files[1]!.file.size]);
    await expect(readSplit(shards('csv', 'text,label\na,x\n', 'text,label\nb,y,z\n'))).rejects.toMatchObject({
      where: 'a/train-00001-of-00002.csv:2',
    });
  });
});

it('shards of Parquet are one table, with a place for each row', async () => {
  const parquet = (labels: readonly string[], from: number, order: readonly string[]) => {
    const columns = {
      text: { name: 'text', data: labels.map((_, i) => `row ${from + i}`), type: 'STRING' as const },
      label: { name: 'label', data: [...labels], type: 'STRING' as const },
    };
    return parquetWriteBuffer({
      columnData: order.map((name) => columns[name as 'text' | 'label']),
      rowGroupSize: 2,
    });
  };
  const table = await readSplit(
    shards('parquet', parquet(['x', 'y', 'x'], 0, ['text', 'label']), parquet(['y', 'x', 'y'], 3, ['label', 'text'])),
  );
  expect(table).toMatchObject({ format: 'parquet', columns: ['text', 'label'], rowCount: 6 });
  expect(table.blocks.map(({ first, count }) => [first, count])).toEqual([
    [0, 2],
    [2, 1],
    [3, 2],
    [5, 1],
  ]);
  expect(await readRows(table, [2, 3, 5])).toEqual([
    ['row 2', 'x'],
    ['row 3', 'y'],
    ['row 5', 'y'],
  ]);
  expect(whereOf(table, 5)).toBe('a/train-00001-of-00002.parquet:3');
});

it('a single file is a table of its own', async () => {
  const table = await readSplit([{ path: 'x-00000-of-00004.csv', file: new Blob(['text,label\na,x\n']) }]);
  expect([table.fileName, table.rowCount, whereOf(table, 0)]).toEqual([
    'x-00000-of-00004.csv',
    1,
    'x-00000-of-00004.csv:2',
  ]);
});
