// Shards: a split of a data set that lies in several files, `data/train-00000-of-00004.parquet` and so on, as the Hub has
// them. Everywhere a file of data can be chosen they are one choice. Pure.

import { msg } from './msg.ts';
import { StudioError } from './studio-error.ts';

/** Files that are read as one. */
export interface Split<F> {
  /** The path of the only file; of shards `data/train-*-of-00004.parquet`. */
  readonly name: string;
  /** In the order in which they are read. */
  readonly files: readonly F[];
}

interface Pathed {
  readonly path: string;
}

const SHARD = /^(.*)-(\d{5})-of-(\d{5})(\.[^/]+)$/;

/** Of a split that is whole in one file, `…-00000-of-00001.parquet`, there is nothing to put together. */
function shardOf(path: string) {
  const [, stem, number, total, extension] = SHARD.exec(path) ?? [];
  if (Number(total) < 2 || !(Number(number) <= Number(total))) return null;
  return {
    number: Number(number),
    total: Number(total),
    pathOf: (at: string) => `${stem}-${at}-of-${total}${extension}`,
  };
}

/** What the split is called that a file belongs to. */
export const splitNameOf = (path: string): string => shardOf(path)?.pathOf('*') ?? path;

/** Files by the splits they belong to, in the order in which the splits come up. */
export function groupShards<F extends Pathed>(files: readonly F[]): Split<F>[] {
  const groups = new Map<string, F[]>();
  for (const file of files) {
    const name = splitNameOf(file.path);
    const group = groups.get(name);
    if (group) group.push(file);
    else groups.set(name, [file]);
  }
  // The paths of a group differ in a number of five digits.
  return [...groups].map(([name, group]) => ({ name, files: group.sort((a, b) => (a.path < b.path ? -1 : 1)) }));
}

const SHOWN = 5;

/** The files of a split of which none is missing. @throws StudioError E-DATA-FORMAT naming the shards that are. */
export function wholeSplit<F extends Pathed>({ name, files }: Split<F>): readonly F[] {
  const missing = missingShards(files.map(({ path }) => path));
  if (missing.length === 0) return files;
  const listed = missing.slice(0, SHOWN).join(', ');
  const paths = missing.length > SHOWN ? msg`${listed} and ${missing.length - SHOWN} more` : listed;
  throw new StudioError('E-DATA-FORMAT', msg`${name}: some of its shards are missing: ${paths}.`, {
    where: name,
    hint: msg`Choose all of its files together. If there are no others, give these other names.`,
    safe: msg`Nothing was changed.`,
  });
}

/** Shards are counted from 0; some count them from 1. */
function missingShards(paths: readonly string[]): string[] {
  const shards = paths.map(shardOf);
  const [first] = shards;
  if (!first) return [];
  const found = new Set(shards.map((shard) => shard?.number));
  const start = found.has(first.total) ? 1 : 0;
  return Array.from({ length: first.total }, (_, i) => start + i)
    .filter((number) => !found.has(number))
    .map((number) => first.pathOf(String(number).padStart(5, '0')));
}
