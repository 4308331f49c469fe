// The data files that a path of run.json stands for: the file itself, all shards of its split, or what is meant of the
// files of a folder or zip archive.

import { existsSync, openAsBlob, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { dataFilesIn, isDataFile, isZip } from '#formats/data-archive.ts';
import type { PathedFile } from '#formats/model-files.ts';
import { dataFormatError } from '#formats/table.ts';
import { guessSplits } from '#protocol/guess-splits.ts';
import { groupShards, splitNameOf, wholeSplit } from '#util/shards.ts';
import { StudioError } from '#util/studio-error.ts';

type Role = 'train' | 'validation';

interface Candidate {
  readonly path: string;
  open(): Promise<Blob>;
}

/**
 * `train.csv`; of `train-00000-of-00004.parquet` the other shards too; `folder` or `data.zip`, or one of its files as
 * `data.zip/train.csv`.
 * @throws StudioError E-DATA-FORMAT where there is no such file, shards are missing, or names do not tell what is meant.
 */
export async function dataFilesAt(path: string, role: Role): Promise<readonly PathedFile[]> {
  if (existsSync(path) && statSync(path).isDirectory()) return opened(path, filesUnder(path), role, null);
  const inside = /^(.*\.zip)\/(.+)$/i.exec(path);
  const whole = inside && !existsSync(path) ? inside[1]! : path;
  const file = await openFile(whole);
  if (await isZip(file)) return opened(whole, await dataFilesIn(file, basename(whole)), role, inside?.[2] ?? null);
  const name = basename(path);
  return splitNameOf(name) === name
    ? [{ path: name, file }]
    : opened(dirname(path), candidates(dirname(path), readdirSync(dirname(path))), role, name);
}

/** The files of a split. @param wanted one of them; null: the split whose name tells its role. */
async function opened(
  place: string,
  found: readonly Candidate[],
  role: Role,
  wanted: string | null,
): Promise<readonly PathedFile[]> {
  const splits = groupShards(found);
  const names = splits.map(({ name }) => name);
  const chosen = wanted === null ? guessSplits(names)[role] : splitNameOf(wanted);
  const split = splits.find(({ name }) => name === chosen);
  if (!split) {
    throw dataFormatError(
      basename(place),
      null,
      `it is not clear which of its files is meant for ${role}: ${names.slice(0, 8).join(', ')}`,
      `Name one, such as ${basename(place)}/${found[0]!.path}.`,
    );
  }
  return Promise.all(wholeSplit(split).map(async (item) => ({ path: basename(item.path), file: await item.open() })));
}

const candidates = (folder: string, paths: readonly string[]): Candidate[] =>
  paths.map((path) => ({ path, open: () => openFile(join(folder, path)) }));

function filesUnder(folder: string): Candidate[] {
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(isDataFile).sort();
  if (found.length > 0) return candidates(folder, found);
  throw new StudioError('E-DATA-FORMAT', `The folder ${folder} holds no data file.`, { where: folder });
}

async function openFile(path: string): Promise<Blob> {
  try {
    return await openAsBlob(path);
  } catch (cause) {
    // Node says only that it was unable to open a file.
    const reason = existsSync(path) ? (cause as Error).message : 'there is no such file';
    throw new StudioError('E-DATA-FORMAT', `The data file ${path} can not be read: ${reason}.`, { where: path, cause });
  }
}
