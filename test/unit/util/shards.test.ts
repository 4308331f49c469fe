// Which files are one split, and which of its shards are missing.

import { describe, expect, it } from 'vitest';
import { groupShards, splitNameOf, wholeSplit } from '#util/shards.ts';

const grouped = (...paths: string[]) =>
  groupShards(paths.map((path) => ({ path }))).map(({ name, files }) => [name, ...files.map(({ path }) => path)]);

describe('shards', () => {
  it('of a split are one, in the order of their numbers; other files are alone', () => {
    expect(
      grouped(
        'data/train-00010-of-00011.csv',
        'README.csv',
        'data/train-00002-of-00011.csv',
        'data/test-00000-of-00001.csv',
        'data/train-00000-of-00011.csv',
      ),
    ).toEqual([
      [
        'data/train-*-of-00011.csv',
        'data/train-00000-of-00011.csv',
        'data/train-00002-of-00011.csv',
        'data/train-00010-of-00011.csv',
      ],
      ['README.csv', 'README.csv'],
      ['data/test-00000-of-00001.csv', 'data/test-00000-of-00001.csv'],
    ]);
  });

  it.each([
    ['another folder', 'b/x-00001-of-00002.csv'],
    ['another name', 'a/y-00001-of-00002.csv'],
    ['another total', 'a/x-00001-of-00003.csv'],
    ['another extension', 'a/x-00001-of-00002.jsonl'],
    ['a number beyond the total', 'a/x-00003-of-00002.csv'],
    ['fewer digits', 'a/x-0001-of-0002.csv'],
    ['no extension', 'a/x-00001-of-00002'],
  ])('with %s do not belong together', (_, other) => expect(grouped('a/x-00000-of-00002.csv', other)).toHaveLength(2));

  it('give their split its name, all alike', () => {
    expect(splitNameOf('a/x-00001-of-00002.csv')).toBe('a/x-*-of-00002.csv');
    expect(splitNameOf('a/x-*-of-00002.csv')).toBe('a/x-*-of-00002.csv');
    expect(splitNameOf('a/x.csv')).toBe('a/x.csv');
  });
});

describe('a split', () => {
  const whole = (...paths: string[]) => groupShards(paths.map((path) => ({ path }))).flatMap(wholeSplit);

  it('is whole with all its shards, counted from 0 or from 1', () => {
    expect(whole('x-00001-of-00002.csv', 'x-00000-of-00002.csv')).toHaveLength(2);
    expect(whole('x-00001-of-00002.csv', 'x-00002-of-00002.csv')).toHaveLength(2);
    expect(whole('x.csv', 'x-00000-of-00001.csv')).toHaveLength(2);
  });

  it('names the shards that are missing', () => {
    const failure = (...paths: string[]): unknown => {
      try {
        return whole(...paths);
      } catch (error) {
        return error;
      }
    };
    expect(failure('a/x-00000-of-00004.csv', 'a/x-00002-of-00004.csv')).toMatchObject({
      code: 'E-DATA-FORMAT',
      where: 'a/x-*-of-00004.csv',
      message: 'a/x-*-of-00004.csv: some of its shards are missing: a/x-00001-of-00004.csv, a/x-00003-of-00004.csv.',
      hint: expect.stringContaining('together'),
      safe: 'Nothing was changed.',
    });
    expect(failure('x-00002-of-00002.csv')).toMatchObject({
      message: expect.stringMatching(/: x-00001-of-00002\.csv\.$/),
    });
    expect(failure('x-00000-of-00100.csv')).toMatchObject({
      message: expect.stringMatching(/x-00005-of-00100\.csv and 94 more\.$/),
    });
  });
});
