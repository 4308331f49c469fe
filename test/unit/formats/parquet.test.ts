import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTable } from '#formats/tabular.ts';
import { fixtureFolder } from '../../setup/fixtures.ts';
import { rowsOf } from '../../setup/table-rows.ts';

const bytesOf = (codec: string): Promise<Uint8Array<ArrayBuffer>> =>
  readFile(join(fixtureFolder('parquet'), `${codec}.parquet`)).then((bytes) => Uint8Array.from(bytes));

describe('readTable of Parquet', () => {
  it.each(['none', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4'])('reads what pyarrow wrote with %s', async (codec) => {
    const table = await readTable(new Blob([await bytesOf(codec)]), 'data.bin');
    expect(table).toMatchObject({
      format: 'parquet',
      columns: ['text', 'label', 'score', 'tokens', 'answers', 'big', 'day', 'kind'],
      rowCount: 40,
      warnings: [],
    });
    expect(table.blocks.map(({ count }) => count)).toEqual([16, 16, 8]);
    const rows = await rowsOf(table);
    expect(rows[17]).toEqual([
      'row 17: é, 漢字',
      2,
      4.25,
      ['a', 'b17'],
      { text: ['a'], answer_start: [17] },
      String(2n ** 60n + 17n),
      '2026-01-01T00:00:00.000Z',
      'y',
    ]);
    expect(rows[7]![0]).toBeNull();
    expect(table.placeOf(39)).toEqual({ fileName: 'data.bin', line: 40 });
  });

  it('shows the first rows while it is opened', async () => {
    let seen = 0;
    await readTable(new Blob([await bytesOf('snappy')]), 'data.parquet', {
      onRows: (_, rows) => (seen += rows.length),
    });
    expect(seen).toBe(40);
  });

  it.each<[string, (bytes: Uint8Array) => Uint8Array, string, RegExp]>([
    ['cut off', (bytes) => bytes.slice(0, 900), 'data.parquet', /is cut off or damaged: its end can not be read/],
    ['only the mark', (bytes) => bytes.slice(0, 4), 'data.parquet', /is cut off or damaged/],
    [
      'damaged rows',
      (bytes) => bytes.map((byte, i) => (i > 4 && i < 200 ? 255 : byte)),
      'data.parquet:1',
      /can not be read/,
    ],
  ])('refuses a file that is %s', async (_, damage, where, message) => {
    const failure = readTable(new Blob([Uint8Array.from(damage(await bytesOf('zstd')))]), 'data.parquet');
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toMatchObject({ code: 'E-DATA-FORMAT', where });
  });
});
