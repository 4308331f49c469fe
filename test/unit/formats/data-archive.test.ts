import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { dataFilesIn, isZip } from '#formats/data-archive.ts';
import { readTable } from '#formats/tabular.ts';
import { guessSplits } from '#protocol/guess-splits.ts';
import { openData } from '#worker/open-data.ts';

const CSV = new TextEncoder().encode('text,label\na,x\nb,y\n');
const zip = (...paths: string[]): Blob =>
  new Blob([zipSync(Object.fromEntries(paths.map((path) => [path, CSV]))).slice()]);

describe('a zip archive with data', () => {
  it('is known by its first bytes, and its data files are found', async () => {
    const archive = zip('data/train.csv', 'data/README.md', '__MACOSX/data/train.csv', 'dataset_info.json', 'a/.x.csv');
    expect(await isZip(archive)).toBe(true);
    expect(await isZip(new Blob([CSV]))).toBe(false);
    const [only, ...others] = await dataFilesIn(archive, 'd.zip');
    expect([only!.path, others]).toEqual(['data/train.csv', []]);
    expect((await readTable(await only!.open(), only!.path)).rowCount).toBe(2);
  });

  it.each<[string, Blob, RegExp]>([
    ['without data', zip('a.png', 'b.pdf'), /holds no CSV.*a\.png, b\.pdf/],
    ['that is an Excel workbook', zip('[Content_Types].xml', 'xl/workbook.xml'), /this is an Excel workbook/],
    ['that is cut off', new Blob([new Uint8Array([80, 75, 3, 4, 1, 2])]), /cut off or damaged/],
  ])('%s is refused', async (_, archive, message) => {
    const failure = dataFilesIn(archive, 'd.zip');
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toMatchObject({ code: 'E-DATA-FORMAT', where: 'd.zip' });
  });

  it('is opened with training and validation by their names', async () => {
    const open = (archive: Blob, entries?: { train: string; validation: string | null }) =>
      openData({ name: 'd', train: [{ path: 'd.zip', file: archive }], validation: [], reading: {}, entries });
    const opened = await open(zip('x/train.csv', 'x/dev.csv', 'x/test.csv'));
    expect(opened.archive).toEqual({
      files: 3,
      splits: ['x/train.csv', 'x/dev.csv', 'x/test.csv'],
      train: 'x/train.csv',
      validation: 'x/dev.csv',
    });
    expect([opened.train.fileName, opened.validation?.fileName]).toEqual(['x/train.csv', 'x/dev.csv']);
    await expect(open(zip('one.csv', 'two.csv'))).rejects.toMatchObject({
      message: expect.stringContaining('not clear which is for training'),
      fixes: [
        { kind: 'use-file', path: 'one.csv' },
        { kind: 'use-file', path: 'two.csv' },
      ],
    });
    const chosen = await open(zip('one.csv', 'two.csv'), { train: 'two.csv', validation: null });
    expect(chosen.train.fileName).toBe('two.csv');
    await expect(open(zip('one.csv'), { train: 'gone.csv', validation: null })).rejects.toThrow(/holds no gone.csv/);
  });

  it('has shards as one entry, and all of them are read', async () => {
    const open = (archive: Blob, entries?: { train: string; validation: string | null }) =>
      openData({ name: 'd', train: [{ path: 'd.zip', file: archive }], validation: [], reading: {}, entries });
    const archive = zip(
      'x/train-00001-of-00002.csv',
      'x/train-00000-of-00002.csv',
      'x/dev.csv',
      'x/part-00001-of-00002.csv',
    );
    const opened = await open(archive);
    expect(opened.archive).toEqual({
      files: 4,
      splits: ['x/train-*-of-00002.csv', 'x/dev.csv', 'x/part-*-of-00002.csv'],
      train: 'x/train-*-of-00002.csv',
      validation: 'x/dev.csv',
    });
    expect([opened.train.rowCount, opened.validation?.rowCount]).toEqual([4, 2]);
    expect(opened.trainFiles.map(({ path }) => path)).toEqual([
      'x/train-00000-of-00002.csv',
      'x/train-00001-of-00002.csv',
    ]);
    await expect(open(archive, { train: 'x/part-*-of-00002.csv', validation: null })).rejects.toMatchObject({
      code: 'E-DATA-FORMAT',
      message: expect.stringContaining('missing: x/part-00000-of-00002.csv'),
    });
  });
});

it.each([
  [['a.csv'], 'a.csv', null],
  [['a.csv', 'b.csv'], null, null],
  [['train.csv', 'test.csv'], 'train.csv', 'test.csv'],
  [['train.csv', 'test.csv', 'validation.csv'], 'train.csv', 'validation.csv'],
])('splits of %j', (paths, train, validation) => expect(guessSplits(paths)).toEqual({ train, validation }));
