// What a path of run.json stands for.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataFilesAt } from '#headless/data-files.ts';
import { dataNameOf, type RunConfig } from '#headless/run-config.ts';

let folder: string;

const FILES = [
  'train-00000-of-00002.csv',
  'train-00001-of-00002.csv',
  'dev-00000-of-00001.csv',
  'part-00001-of-00003.csv',
];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'data-files-'));
  await mkdir(join(folder, 'moods/data'), { recursive: true });
  await mkdir(join(folder, 'empty'));
  for (const name of [...FILES, 'README.md']) await writeFile(join(folder, 'moods/data', name), `text\n${name}\n`);
  const zipped = Object.fromEntries(FILES.map((name) => [`data/${name}`, new TextEncoder().encode(`text\n${name}\n`)]));
  await writeFile(join(folder, 'moods.zip'), zipSync(zipped));
});
afterAll(() => rm(folder, { recursive: true }));

async function taken(path: string, role: 'train' | 'validation' = 'train') {
  const files = await dataFilesAt(join(folder, path), role);
  for (const { path: name, file } of files) expect(await file.text()).toBe(`text\n${name}\n`);
  return files.map(({ path: name }) => name);
}
const TRAIN = FILES.slice(0, 2);

describe('a path of run.json', () => {
  it.each([
    ['a shard', 'moods/data/train-00001-of-00002.csv', TRAIN],
    ['a file', 'moods/data/dev-00000-of-00001.csv', ['dev-00000-of-00001.csv']],
    ['a folder', 'moods', TRAIN],
    ['an archive', 'moods.zip', TRAIN],
    ['a shard in an archive', 'moods.zip/data/train-00000-of-00002.csv', TRAIN],
    ['a split in an archive', 'moods.zip/data/train-*-of-00002.csv', TRAIN],
  ])('%s is taken with all its shards', async (_, path, names) => expect(await taken(path)).toEqual(names));

  it.each(['moods', 'moods.zip'])('%s has a validation split too', async (path) =>
    expect(await taken(path, 'validation')).toEqual(['dev-00000-of-00001.csv']),
  );

  it.each([
    ['missing shards', 'moods/data/part-00001-of-00003.csv', 'part-00000-of-00003.csv, part-00002-of-00003.csv'],
    ['no file', 'moods/data/train-00007-of-00009.csv', 'there is no such file'],
    ['no file in the archive', 'moods.zip/gone.csv', 'not clear which of its files is meant for train'],
    ['a folder without data', 'empty', 'holds no data file'],
  ])('with %s is refused', async (_, path, message) =>
    expect(taken(path)).rejects.toMatchObject({ code: 'E-DATA-FORMAT', message: expect.stringContaining(message) }),
  );

  it('gives model cards the name of the split', () => {
    const nameOf = (trainFile: string) => dataNameOf({ trainFile } as RunConfig);
    expect(nameOf('/x/train-00001-of-00002.csv')).toBe('train-*-of-00002.csv');
    expect(nameOf('/x/moods.zip')).toBe('moods.zip');
  });
});
