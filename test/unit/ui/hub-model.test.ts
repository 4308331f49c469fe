import { describe, expect, it } from 'vitest';
import type { HubDownload, HubFile } from '#protocol/hub-messages.ts';
import type { DownloadId } from '#protocol/ids.ts';
import {
  amountOf,
  chosenFiles,
  guessChoice,
  infoOf,
  pageOf,
  repoNameIn,
  splitOptions,
} from '#ui/features/setup/hub/hub-model.ts';

const file = (path: string, size = 100): HubFile => ({ path, size, oid: '', sha256: null });

const DOWNLOAD: HubDownload = {
  downloadId: 'x' as DownloadId,
  repo: { kind: 'model', name: 'org/bert' },
  revision: 'abc',
  files: [
    { ...file('config.json'), storedBytes: 100, verified: true },
    { ...file('model.safetensors', 1000), storedBytes: 400, verified: false },
  ],
  complete: false,
  bytes: 500,
  createdAt: 0,
};

describe('what was typed', () => {
  it.each([
    ['org/bert', 'org/bert'],
    [' org/bert.v2_x ', 'org/bert.v2_x'],
    ['https://huggingface.co/org/bert', 'org/bert'],
    ['https://huggingface.co/org/bert/tree/main', 'org/bert'],
    ['https://huggingface.co/datasets/org/moods/viewer', 'org/moods'],
    ['datasets/org/moods', 'org/moods'],
    ['bert', null],
    ['small bert/model', null],
    ['', null],
  ])('%s → %s', (typed, name) => expect(repoNameIn(typed)).toBe(name));

  it('leads to the page of a model or data set', () => {
    expect(pageOf({ kind: 'model', name: 'org/bert' })).toBe('org/bert');
    expect(pageOf({ kind: 'dataset', name: 'org/moods' })).toBe('datasets/org/moods');
  });
});

describe('which file is for what', () => {
  it.each([
    [['a/train.csv', 'a/test.csv', 'a/dev.csv'], 'a/train.csv', 'a/dev.csv'],
    [['test.jsonl', 'train.jsonl'], 'train.jsonl', 'test.jsonl'],
    [['reviews.csv', 'test.csv'], 'reviews.csv', ''],
    [['train.csv'], 'train.csv', ''],
    [[], '', ''],
  ])('%j', (paths, train, validation) =>
    expect(guessChoice(paths.map((path) => file(path)))).toEqual({ train, validation }),
  );
});

describe('a split in shards', () => {
  const FILES = [
    file('data/test-00000-of-00001.parquet', 10),
    file('data/train-00001-of-00002.parquet', 200),
    file('data/train-00000-of-00002.parquet', 300),
  ];
  const choice = { train: 'data/train-*-of-00002.parquet', validation: 'data/test-00000-of-00001.parquet' };

  it('is one entry, with the bytes of all', () => {
    expect(splitOptions(FILES)).toEqual([
      { name: choice.validation, files: 1, bytes: 10 },
      { name: choice.train, files: 2, bytes: 500 },
    ]);
    expect(guessChoice(FILES)).toEqual(choice);
  });

  it('is taken whole and in order', () => {
    expect(chosenFiles(FILES, choice)).toEqual({ train: [FILES[2], FILES[1]], validation: [FILES[0]] });
    expect(chosenFiles(FILES, { ...choice, validation: '' }).validation).toEqual([]);
    expect(chosenFiles(FILES, { ...choice, validation: choice.train }).validation).toEqual([]);
  });
});

describe('how much is to come', () => {
  it('counts what is stored, and calls only what was verified here', () => {
    const { files } = infoOf(DOWNLOAD);
    expect(amountOf(files, DOWNLOAD)).toEqual({ files: 2, totalBytes: 1100, storedBytes: 500, here: false });
    expect(amountOf(files.slice(0, 1), DOWNLOAD).here).toBe(true);
    expect(amountOf(files, null)).toEqual({ files: 2, totalBytes: 1100, storedBytes: 0, here: false });
  });
});
