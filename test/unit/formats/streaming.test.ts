// Files of many pieces: the same rows as of a small file, read again block by block, and what is odd about them told.

import { describe, expect, it } from 'vitest';
import { readRows } from '#formats/table.ts';
import { readTable } from '#formats/tabular.ts';
import { linesOf, rowsOf } from '../../setup/table-rows.ts';

const LONG = 'many words 漢字 é '.repeat(20);
const COUNT = 12_000;
const numbers = Array.from({ length: COUNT }, (_, i) => i);

const FILES: Record<string, { text: string; rows: readonly unknown[]; lines: (row: number) => number }> = {
  csv: {
    text: `text,label\r\n${numbers.map((i) => `"${i}, ""${LONG}""\r\nend",${i % 3}\r\n`).join('')}`,
    rows: numbers.map((i) => [`${i}, "${LONG}"\nend`, String(i % 3)]),
    lines: (row) => 2 + 2 * row,
  },
  tsv: {
    text: `text\tlabel\n${numbers.map((i) => `${i} ${LONG}\t${i % 3}\n`).join('')}`,
    rows: numbers.map((i) => [`${i} ${LONG}`, String(i % 3)]),
    lines: (row) => 2 + row,
  },
  jsonl: {
    text: numbers
      .map((i) => `${JSON.stringify({ text: `${i} ${LONG}`, ...(i === 9000 ? { late: 1 } : {}) })}\n\n`)
      .join(''),
    rows: numbers.map((i) => [`${i} ${LONG}`, i === 9000 ? 1 : null]),
    lines: (row) => 1 + 2 * row,
  },
  json: {
    text: `[\n${numbers.map((i) => JSON.stringify({ text: `${i} ] " ${LONG}` })).join(',\n')}\n]`,
    rows: numbers.map((i) => [`${i} ] " ${LONG}`]),
    lines: (row) => 2 + row,
  },
  conll: {
    text: numbers.map((i) => `word${i} O\n${LONG.replaceAll(' ', '_')} B-x\n\n`).join(''),
    rows: numbers.map((i) => [
      [`word${i}`, LONG.replaceAll(' ', '_')],
      ['O', 'B-x'],
    ]),
    lines: (row) => 1 + 3 * row,
  },
};

describe.each(Object.entries(FILES))('a file of several pieces: %s', (format, { text, rows, lines }) => {
  it('has the rows and lines that it should have, in any order', async () => {
    const seen: [number, number] = [0, 0];
    const file = new Blob([text]);
    const table = await readTable(file, 'data', {
      onRows: (_, read) => (seen[0] += read.length),
      onProgress: (bytes) => (seen[1] = bytes),
    });
    expect(table.format).toBe(format);
    expect(table.blocks.length).toBeGreaterThan(2);
    expect([table.rowCount, ...seen]).toEqual([COUNT, COUNT, file.size]);
    expect(await rowsOf(table)).toEqual(rows);
    expect(linesOf(table)).toEqual(numbers.map(lines));
    expect(await readRows(table, [11_999, 0, 5000])).toEqual([rows[11_999], rows[0], rows[5000]]);
  });

  it('is not read to its end when it is cancelled', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const opening = readTable(new Blob([text]), 'data', {
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    });
    await expect(opening).rejects.toBe(reason);
  });
});

describe('rows that can not be read', () => {
  const read = async (text: string, options = {}) => {
    const table = await readTable(new Blob([text]), 'data.csv', options);
    return { ...table, rows: await rowsOf(table) };
  };
  const CSV = 'text,label\na,x\n"b is open,x\nc,y\n"d" d,x\ne,y,z\nf,y\n';

  it('are named with what mends them', async () => {
    await expect(read(CSV)).rejects.toMatchObject({
      where: 'data.csv:3',
      message: expect.stringContaining('"\\"b is open,x'),
      fixes: [{ kind: 'leave-out-bad-rows', count: 3 }, { kind: 'quotes-as-text' }],
    });
    await expect(read('{"a": 1}\n{"a": \n{"a": 3}\n')).rejects.toMatchObject({
      where: 'data.csv:2',
      fixes: [{ kind: 'leave-out-bad-rows', count: 1 }],
    });
  });

  it('lose none of the good ones where they are left out', async () => {
    const table = await read(CSV, { skipBadRows: true });
    const { rows, warnings } = table;
    expect(rows).toEqual([
      ['a', 'x'],
      ['c', 'y'],
      ['f', 'y'],
    ]);
    expect(linesOf(table)).toEqual([2, 4, 7]);
    expect(warnings).toEqual(['data.csv: 3 rows could not be read and were left out; lines 3, 5, 6.']);
    const json = await read('[{"a": 1}, {"a": oops}, 7,\n{"a": 3}', { skipBadRows: true });
    expect(json.rows).toEqual([[1]]);
    expect((await read('{"a": 1}\n{"a": \n{"a": 3}\n', { skipBadRows: true })).rows).toEqual([[1], [3]]);
  });

  it('are read where quotes are ordinary characters', async () => {
    const { rows } = await read('text,label\na,x\n"b is open,x\n"d" d,x\n', { quotesAsText: true });
    expect(rows[1]).toEqual(['"b is open', 'x']);
    expect(rows[2]).toEqual(['"d" d', 'x']);
  });

  it('are not what the file is when there are a thousand of them', async () => {
    const text = `text,label\n${'a,b,c\n'.repeat(1200)}`;
    await expect(read(text, { skipBadRows: true })).rejects.toMatchObject({ where: 'data.csv:2', fixes: [] });
  });
});

describe('other encodings', () => {
  const bytes = (encoding: 'latin1' | 'euc-kr'): Uint8Array<ArrayBuffer> =>
    encoding === 'latin1'
      ? Uint8Array.from(Buffer.from('text,label\ncaf\xe9,x\nb,y\n', 'latin1'))
      : // 한국어
        Uint8Array.from([
          ...Buffer.from('text,label\n'),
          0xc7,
          0xd1,
          0xb1,
          0xb9,
          0xbe,
          0xee,
          ...Buffer.from(',x\nb,y\n'),
        ]);

  it('are offered with what the place reads in them, and read when they are asked for', async () => {
    const error = await readTable(new Blob([bytes('latin1')]), 'data.csv').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ where: 'data.csv:2' });
    expect((error as { fixes: unknown[] }).fixes).toContainEqual({
      kind: 'encoding',
      encoding: 'windows-1252',
      sample: expect.stringContaining('café'),
    });
    const table = await readTable(new Blob([bytes('latin1')]), 'data.csv', { encoding: 'windows-1252' });
    expect((await rowsOf(table))[0]).toEqual(['café', 'x']);
    const korean = await readTable(new Blob([bytes('euc-kr')]), 'data.csv', { encoding: 'euc-kr' });
    expect((await rowsOf(korean))[0]).toEqual(['한국어', 'x']);
  });

  it('are offered for UTF-16 without a mark', async () => {
    const text = Uint8Array.from(Buffer.from('text,label\nok,x\n', 'utf16le'));
    await expect(readTable(new Blob([text]), 'data.csv')).rejects.toMatchObject({
      fixes: [{ kind: 'encoding', encoding: 'utf-16le', sample: expect.stringContaining('text') }],
    });
  });
});
