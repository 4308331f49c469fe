// Data files opened: those of a zip archive found in it, the shards of a split read as one table, each file once, its
// columns summarized on the way.

import type { ColumnCounter } from '#data/column-summary.ts';
import { dataFilesIn, isZip } from '#formats/data-archive.ts';
import { readSplit } from '#formats/split-table.ts';
import { dataFormatError, readRows, type Table } from '#formats/table.ts';
import { guessSplits } from '#protocol/guess-splits.ts';
import type { DataId } from '#protocol/ids.ts';
import type { CellValue, DataSource, DataSummary, NamedFile, Reading } from '#protocol/messages.ts';
import { msg } from '#util/msg.ts';
import { groupShards, type Split, wholeSplit } from '#util/shards.ts';

export interface OpenedData {
  readonly name: string;
  readonly train: Table;
  readonly validation: Table | null;
  /** The files themselves, kept with a run so that it can be resumed. */
  readonly trainFiles: readonly NamedFile[];
  /** None: rows of training are held back. */
  readonly validationFiles: readonly NamedFile[];
  readonly reading: Reading;
  readonly archive: DataSummary['archive'];
}

export interface DataFiles {
  readonly name: string;
  /** One, or the shards of the split in their order. */
  readonly train: readonly NamedFile[];
  readonly validation: readonly NamedFile[];
  readonly reading: Reading;
  readonly entries?: { readonly train: string; readonly validation: string | null } | undefined;
}

export interface OpenOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes of all files. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly counter?: ColumnCounter | undefined;
}

/** @throws StudioError E-DATA-FORMAT as `openFiles`, and where shards are missing. */
export async function openData(given: DataFiles, options: OpenOptions = {}): Promise<OpenedData> {
  const { archive, ...files } = await unpacked(given);
  const whole = (split: readonly NamedFile[]): readonly NamedFile[] => groupShards(split).flatMap(wholeSplit);
  const opened = await openFiles({ ...files, train: whole(files.train), validation: whole(files.validation) }, options);
  return { ...opened, archive };
}

/**
 * Opens just these files.
 * @throws StudioError E-DATA-FORMAT naming file and line, with what mends it; the reason of the signal.
 */
export async function openFiles(
  { reading, name, train: trainFiles, validation: validationFiles }: DataFiles,
  { signal, onProgress, counter }: OpenOptions = {},
): Promise<OpenedData> {
  const trainBytes = bytesOf(trainFiles);
  const total = trainBytes + bytesOf(validationFiles);
  const train = await readSplit(trainFiles, {
    ...reading,
    signal,
    onRows: counter && ((...seen) => counter.add(...seen)),
    onProgress: (done) => onProgress?.(done, total),
  });
  const validation =
    validationFiles.length === 0
      ? null
      : await readSplit(validationFiles, {
          ...reading,
          signal,
          onProgress: (done) => onProgress?.(trainBytes + done, total),
        });
  return { name, train, validation, trainFiles, validationFiles, reading, archive: null };
}

const bytesOf = (files: readonly NamedFile[]): number => files.reduce((sum, { file }) => sum + file.size, 0);

/** The files of an archive in its place. */
async function unpacked(files: DataFiles): Promise<DataFiles & Pick<OpenedData, 'archive'>> {
  const [archive, ...others] = files.train;
  if (!archive || others.length > 0 || !(await isZip(archive.file))) return { ...files, archive: null };
  const found = await dataFilesIn(archive.file, archive.path);
  const splits = groupShards(found);
  const choice = files.entries ?? guessSplits(splits.map(({ name }) => name));
  if (choice.train === null) throw notClear(archive.path, found.length, splits);
  const open = async (name: string): Promise<readonly NamedFile[]> => {
    const split = splits.find((each) => each.name === name);
    if (!split)
      throw dataFormatError(archive.path, null, msg`the archive holds no ${name}.`, msg`Choose another file.`);
    return Promise.all(split.files.map(async (item) => ({ path: item.path, file: await item.open() })));
  };
  const isOwn = files.validation.length === 0 && choice.validation !== null;
  return {
    ...files,
    train: await open(choice.train),
    validation: isOwn ? await open(choice.validation) : files.validation,
    archive: {
      files: found.length,
      splits: splits.map(({ name }) => name),
      train: choice.train,
      validation: isOwn ? choice.validation : null,
    },
  };
}

function notClear(fileName: string, files: number, splits: readonly Split<unknown>[]): Error {
  const names = splits.map(({ name }) => name);
  return dataFormatError(
    fileName,
    null,
    msg`the archive holds ${files} data files, and by their names it is not clear which is for training: ${names.slice(0, 8).join(', ')}`,
    msg`Choose the file to train on.`,
    names.map((path) => ({ kind: 'use-file', path })),
  );
}

const PREVIEW_ROWS = 20;

/** What the page shows of opened data. */
export async function summarizeData(dataId: DataId, data: OpenedData, counter: ColumnCounter): Promise<DataSummary> {
  const { train, validation, archive, name } = data;
  const shown = Array.from({ length: Math.min(PREVIEW_ROWS, train.rowCount) }, (_, row) => row);
  return {
    dataId,
    name,
    archive,
    format: train.format,
    rows: train.rowCount,
    validationFile: validation?.fileName ?? null,
    validationRows: validation?.rowCount ?? null,
    columns: counter.summaries(train.columns),
    summarizedRows: counter.rows,
    preview: (await readRows(train, shown)).map((row) => row.map(toCellValue)),
    warnings: [...train.warnings, ...(validation?.warnings ?? [])],
  };
}

/** Of a hub or dropped source what is opened; the sample has no choice. */
export const readingOf = (source: DataSource): Pick<DataFiles, 'reading' | 'entries'> =>
  source.kind === 'sample' ? { reading: {} } : { reading: source.reading ?? {}, entries: source.entries };

/** A preview need not carry a whole book. */
const PREVIEW_CHARACTERS = 500;

function toCellValue(cell: unknown): CellValue {
  if (cell === null || typeof cell === 'number' || typeof cell === 'boolean') return cell;
  return (typeof cell === 'string' ? cell : JSON.stringify(cell)).slice(0, PREVIEW_CHARACTERS);
}
