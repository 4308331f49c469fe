import { describe, expect, it } from 'vitest';
import { readTable } from '#formats/tabular.ts';
import { linesOf, rowsOf } from '../../setup/table-rows.ts';

async function read(...parts: BlobPart[]) {
  const table = await readTable(new Blob(parts), 'data.csv');
  return { ...table, rows: await rowsOf(table) };
}
const bytes = (text: string, encoding: BufferEncoding): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(Buffer.from(text, encoding));

describe('readTable of delimited text', () => {
  it('reads CSV with quoted commas, quotes and line ends, and knows the lines', async () => {
    const table = await read('text,label\r\n"a, ""b""",x\r\n\r\n"two\r\nlines",y\r\nlast,x\r\n');
    expect(table).toMatchObject({ format: 'csv', columns: ['text', 'label'], warnings: [] });
    expect(table.rows).toEqual([
      ['a, "b"', 'x'],
      ['two\nlines', 'y'],
      ['last', 'x'],
    ]);
    expect(linesOf(table)).toEqual([2, 4, 6]);
  });

  it.each([
    ['tabs', 'text\tlabel\na, b\tx\nc\ty', 'tsv'],
    ['semicolons', 'text;label\na, b;x\nc;y', 'csv'],
    ['pipes', 'text|label\na, b|x\nc|y', 'csv'],
    ['a byte order mark', '\ufefftext,label\n"a, b",x\nc,y', 'csv'],
    ['old Macintosh line ends', 'text,label\r"a, b",x\rc,y', 'csv'],
  ])('reads %s', async (_, text, format) => {
    const table = await read(text);
    expect(table).toMatchObject({
      format,
      columns: ['text', 'label'],
      rows: [
        ['a, b', 'x'],
        ['c', 'y'],
      ],
      warnings: [],
    });
  });

  it('reads UTF-16 with a byte order mark', async () => {
    expect((await read(bytes('\ufefftext,label\né,x', 'utf16le'))).rows).toEqual([['é', 'x']]);
    expect((await read(bytes('\ufefftext,label\né,x', 'utf16le').map((_, i, all) => all[i ^ 1]!))).rows).toEqual([
      ['é', 'x'],
    ]);
  });

  it('names the columns of a file without a header', async () => {
    const numbers = await read('one long string\t0\nanother , string\t1\n');
    expect(numbers).toMatchObject({
      format: 'tsv',
      columns: ['column_1', 'column_2'],
      rows: [
        ['one long string', '0'],
        ['another , string', '1'],
      ],
    });
    expect(numbers.warnings).toEqual([expect.stringMatching(/first line looks like data.*column_1 to column_2/)]);
    const words = await read('good film,positive\nbad film,negative\nfine film,positive\n');
    expect(words.rows).toHaveLength(3);
    expect(linesOf(words)).toEqual([1, 2, 3]);
  });

  it('takes an unusual first line as a header when nothing speaks against it', async () => {
    expect((await read('satz,stimmung\ngut,1\nschlecht,0\n')).columns).toEqual(['satz', 'stimmung']);
  });

  it('cleans the names of columns and says so', async () => {
    const table = await read(',text , label,label\n0,a,x,y\n');
    expect(table.columns).toEqual(['column_1', 'text', 'label', 'label_2']);
    expect(table.warnings).toEqual([
      'data.csv: blanks around column names were removed ("text ", " label").',
      'data.csv: columns without a name are called by their number: 1.',
      'data.csv: the column name label comes more than once; one of them is called label_2 here.',
    ]);
  });

  it('fills short rows up and names their lines', async () => {
    const table = await read('text,label,note\na,x,1\nb,y\nc,x,3\nd\n');
    expect(table.rows[1]).toEqual(['b', 'y', '']);
    expect(table.warnings).toEqual([
      'data.csv: 2 of 4 rows have fewer cells than the 3 columns and were filled up with empty ones; lines 3, 5.',
    ]);
  });

  it('drops empty cells after the last column', async () => {
    expect((await read('text,label\na,x,,\n')).rows).toEqual([['a', 'x']]);
  });

  it('takes lone quotes in tab-separated files literally', async () => {
    const table = await read('text\tlabel\n"open\t1\nsaid "no"\t0\n');
    expect(table.rows).toEqual([
      ['"open', '1'],
      ['said "no"', '0'],
    ]);
    expect(table.warnings).toEqual([expect.stringMatching(/^data\.csv: line 2: a quote is not closed properly/)]);
  });

  it('accepts a cell of 100,000 characters with a warning', async () => {
    const table = await read(`text,label\na,x\n${'y'.repeat(100_000)},z\n`);
    expect(table.rows[1]![0]).toHaveLength(100_000);
    expect(table.warnings).toEqual([
      'data.csv:3: the cell in column text has 100000 characters; only its beginning will be used.',
    ]);
  });

  it.each<[string, BlobPart, string, RegExp]>([
    [
      'an open quote',
      'text,label\na,x\nb,y\n"c is open,x\nd,y\n',
      'data.csv:4',
      /a quote opens here and is never closed: "\\"c is open,x/,
    ],
    [
      'text after a closing quote',
      'text,label\na,x\n"b" c,y\n',
      'data.csv:3',
      /has text after its closing quote: "\\"b\\" c,y/,
    ],
    [
      'too many cells',
      'text,label\na,x\nb, c,y\nd,x\ne, f,y\n',
      'data.csv:3',
      /the row has 3 cells, more than the 2 columns: .* \(and 1 more such row; line 5\)/,
    ],
    ['an empty file', '', 'data.csv', /the file is empty/],
    ['a file of blanks', ' \n\n', 'data.csv', /the file is empty/],
    ['a header only', 'text,label\n', 'data.csv', /a header line but no row/],
    [
      'Latin-1',
      bytes('text,label\nok,x\ncaf\xe9,y\n', 'latin1'),
      'data.csv:3',
      /byte 19 of the file \(0xe9\) is not valid UTF-8/,
    ],
    ['a character cut off at the end', bytes('text,label\nok,\xc3', 'latin1'), 'data.csv:2', /byte 14 of the file/],
    ['UTF-16 without a mark', bytes('text,label\nok,x', 'utf16le'), 'data.csv:1', /NUL character/],
    ['a picture', bytes('\x89PNG\r\n\x1a\n', 'latin1'), 'data.csv', /this is a picture, not a text file/],
    [
      'one row with too many cells',
      'text,label\na,b,c\n',
      'data.csv:2',
      /the row has 3 cells, more than the 2 columns: "a \| b \| c"$/,
    ],
    ['an Excel workbook', bytes('PK\x03\x04....', 'latin1'), 'data.csv', /Excel workbook/],
  ])('refuses %s', async (_, content, where, message) => {
    const failure = read(content);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toMatchObject({ code: 'E-DATA-FORMAT', where, hint: expect.any(String) });
  });
});

describe('readTable of JSON', () => {
  it('reads one object a line', async () => {
    const table = await read('{"text": "a", "label": 1}\n\n{"label": 0.5, "text": "b", "tags": ["x", "y"]}\n');
    expect(table).toMatchObject({ format: 'jsonl', columns: ['text', 'label', 'tags'] });
    expect(table.rows).toEqual([
      ['a', 1, null],
      ['b', 0.5, ['x', 'y']],
    ]);
    expect(linesOf(table)).toEqual([1, 3]);
    expect(table.warnings).toEqual(['data.csv: 1 of 2 rows have no "tags"; it counts as empty there.']);
  });

  it('reads an array, whatever its layout', async () => {
    const table = await read(
      '\n[{"text": "a ] , \\" [", "label": true},\n\n  {\n    "text": "b", "label": [1, 0]\n  }, {"text": null, "label": false}\n]\n',
    );
    expect(table).toMatchObject({ format: 'json', columns: ['text', 'label'] });
    expect(table.rows).toEqual([
      ['a ] , " [', true],
      ['b', [1, 0]],
      [null, false],
    ]);
    expect(linesOf(table)).toEqual([2, 4, 6]);
  });

  it('reads a string of millions of characters', async () => {
    const long = 'x\\n'.repeat(2_000_000);
    expect((await read(`[{"text": "${long}"}]`)).rows[0]![0]).toHaveLength(4_000_000);
  });

  it.each<[string, string, string, RegExp]>([
    ['a broken line', '{"text": "a"}\n{"text": b}\n', 'data.csv:2', /this is not JSON \(.*\): \{"text": b\}/],
    ['a broken element', '[{"text": "a"},\n{"text" "b"}]', 'data.csv:2', /this is not JSON/],
    [
      'a line that is no object',
      '{"text": "a"}\n["b"]\n',
      'data.csv:2',
      /has to be a JSON object, but this is an array: \["b"\]/,
    ],
    ['an array cut off', '[{"text": "a"},\n{"text": "b"', 'data.csv:2', /never closed/],
    ['text after the array', '[{"text": "a"}]\n{"text": "b"}', 'data.csv:2', /more after the end of the array/],
    ['an empty array', '[]', 'data.csv', /holds no row/],
    ['a comma too many', '[{"text": "a"},]', 'data.csv:1', /not JSON/],
  ])('refuses %s', async (_, content, where, message) => {
    const failure = read(content);
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toMatchObject({ code: 'E-DATA-FORMAT', where });
  });

  it('shows 80 characters around the fault in a long line', async () => {
    const failure = read(`{"text": "${'a'.repeat(500)}", "label": oops, "more": "${'b'.repeat(500)}"}`);
    await expect(failure).rejects.toThrow(/: .{38,41}oops.{35,42}$/);
  });
});
