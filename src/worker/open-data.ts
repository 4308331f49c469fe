// Data files opened: those of a zip archive found in it, each read once, its columns summarized on the way.

import type { ColumnCounter } from '#data/column-summary.ts';
import { dataFilesIn, isZip } from '#formats/data-archive.ts';
import { dataFormatError, readRows, type Table } from '#formats/table.ts';
import { readTable } from '#formats/tabular.ts';
import { guessSplits } from '#protocol/guess-splits.ts';
import type { DataId } from '#protocol/ids.ts';
import type { CellValue, DataSource, DataSummary, NamedFile, Reading } from '#protocol/messages.ts';
import { msg } from '#util/msg.ts';

export interface OpenedData {
  readonly name: string;
  readonly train: Table;
  readonly validation: Table | null;
  /** The files themselves, kept with a run so that it can be resumed. */
  readonly trainFile: NamedFile;
  readonly validationFile: NamedFile | null;
  readonly reading: Reading;
  readonly archive: DataSummary['archive'];
}

export interface DataFiles {
  readonly name: string;
  readonly train: NamedFile;
  readonly validation: NamedFile | null;
  readonly reading: Reading;
  readonly entries?: { readonly train: string; readonly validation: string | null } | undefined;
}

export interface OpenOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes of all files. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly counter?: ColumnCounter | undefined;
}

/** @throws StudioError E-DATA-FORMAT naming file and line, with what mends it; the reason of the signal. */
export async function openData(
  given: DataFiles,
  { signal, onProgress, counter }: OpenOptions = {},
): Promise<OpenedData> {
  const { archive, ...files } = await unpacked(given);
  const { reading, name, train: trainFile, validation: validationFile } = files;
  const total = trainFile.file.size + (validationFile?.file.size ?? 0);
  const train = await readTable(trainFile.file, trainFile.path, {
    ...reading,
    signal,
    onRows: counter && ((...seen) => counter.add(...seen)),
    onProgress: (done) => onProgress?.(done, total),
  });
  const validation =
    validationFile &&
    (await readTable(validationFile.file, validationFile.path, {
      ...reading,
      signal,
      onProgress: (done) => onProgress?.(trainFile.file.size + done, total),
    }));
  return { name, train, validation, trainFile, validationFile, reading, archive };
}

/** The files of an archive in its place. */
async function unpacked(files: DataFiles): Promise<DataFiles & Pick<OpenedData, 'archive'>> {
  const { train: archive, entries } = files;
  if (!(await isZip(archive.file))) return { ...files, archive: null };
  const found = await dataFilesIn(archive.file, archive.path);
  const paths = found.map(({ path }) => path);
  const choice = entries ?? guessSplits(paths);
  if (choice.train === null) throw notClear(archive.path, paths);
  const open = async (path: string): Promise<NamedFile> => {
    const item = found.find((each) => each.path === path);
    if (!item) throw dataFormatError(archive.path, null, msg`the archive holds no ${path}.`, msg`Choose another file.`);
    return { path, file: await item.open() };
  };
  const ownValidation = choice.validation === null ? null : await open(choice.validation);
  return {
    ...files,
    train: await open(choice.train),
    validation: files.validation ?? ownValidation,
    archive: { paths, train: choice.train, validation: files.validation ? null : choice.validation },
  };
}

const notClear = (fileName: string, paths: readonly string[]): Error =>
  dataFormatError(
    fileName,
    null,
    msg`the archive holds ${paths.length} data files, and by their names it is not clear which is for training: ${paths.slice(0, 8).join(', ')}`,
    msg`Choose the file to train on.`,
    paths.map((path) => ({ kind: 'use-file', path })),
  );

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
