// Parquet, on top of hyparquet: the footer tells columns and rows, and rows are read group by group. Code for compressed
// files is a chunk of its own, loaded when one is opened. Called by `tabular.ts`.

import type { AsyncBuffer, FileMetaData } from 'hyparquet';
import { msg } from '#util/msg.ts';
import { BlockCache } from './block-cache.ts';
import { type Cell, dataFormatError, type Row, type RowBlock, type Table, type TableOptions } from './table.ts';

export const PARQUET_MAGIC = 'PAR1';

/** Larger groups of rows are read in parts. */
const MAX_BLOCK_ROWS = 1 << 15;
/** Rows that are looked at while the file is opened. */
const SHOWN_ROWS = 1 << 13;

interface OpenedParquet {
  readonly buffer: AsyncBuffer;
  readonly metadata: FileMetaData;
  readonly fileName: string;
}

/** @throws StudioError E-DATA-FORMAT for a file that is cut off or damaged, or has no rows. */
export async function openParquet(file: Blob, fileName: string, options: TableOptions): Promise<Table> {
  const opened = await readFooter(file, fileName);
  const { parquetSchema } = await import('hyparquet');
  const columns = parquetSchema(opened.metadata).children.map(({ element }) => element.name);
  const blocks = blocksOf(opened.metadata);
  const rowCount = blocks.reduce((sum, { count }) => sum + count, 0);
  if (rowCount === 0)
    throw dataFormatError(fileName, null, msg`the file holds no row.`, msg`Choose a file with at least one row.`);
  const cache = options.cache ?? new BlockCache<readonly Row[]>();
  const bytesPerRow = file.size / rowCount;
  const table: Table = {
    fileName,
    format: 'parquet',
    columns,
    rowCount,
    blocks,
    warnings: [],
    placeOf: (row) => ({ fileName, line: row + 1 }),
    readBlock: (index) => {
      const block = blocks[index]!;
      // As rows they are larger than packed in the file.
      return cache.get(block, 4 * bytesPerRow * block.count, () => readBlock(opened, columns, block));
    },
  };
  await lookAtRows(table, file.size, options);
  return table;
}

/** Shows the first rows: what can not be read is told at once. */
async function lookAtRows(table: Table, size: number, { onRows, onProgress, signal }: TableOptions): Promise<void> {
  for (const [index, { first }] of table.blocks.entries()) {
    if (first >= SHOWN_ROWS) break;
    signal?.throwIfAborted();
    const rows = await table.readBlock(index);
    onRows?.(table.columns, rows);
  }
  onProgress?.(size);
}

async function readFooter(file: Blob, fileName: string): Promise<OpenedParquet> {
  const { parquetMetadataAsync } = await import('hyparquet');
  const buffer = {
    byteLength: file.size,
    slice: (start: number, end?: number) => file.slice(start, end ?? file.size).arrayBuffer(),
  };
  try {
    return { buffer, fileName, metadata: await parquetMetadataAsync(buffer) };
  } catch (cause) {
    // What the library says of a footer speaks of bytes and offsets.
    throw dataFormatError(
      fileName,
      null,
      msg`the Parquet file is cut off or damaged: its end can not be read (${messageOf(cause)}).`,
      msg`Download or copy it again.`,
    );
  }
}

function blocksOf({ row_groups: groups }: FileMetaData): RowBlock[] {
  const blocks: RowBlock[] = [];
  let start = 0;
  for (const group of groups) {
    const rows = Number(group.num_rows);
    for (let at = 0; at < rows; at += MAX_BLOCK_ROWS)
      blocks.push({ first: start + at, count: Math.min(MAX_BLOCK_ROWS, rows - at) });
    start += rows;
  }
  return blocks;
}

async function readBlock(opened: OpenedParquet, columns: readonly string[], block: RowBlock): Promise<readonly Row[]> {
  const { buffer, metadata, fileName } = opened;
  const { parquetReadObjects } = await import('hyparquet');
  const isPacked = metadata.row_groups.some((group) =>
    group.columns.some(({ meta_data }) => meta_data && !BUILT_IN.has(meta_data.codec)),
  );
  const compressors = isPacked ? (await import('hyparquet-compressors')).compressors : {};
  try {
    const rows = await parquetReadObjects({
      file: buffer,
      metadata,
      rowStart: block.first,
      rowEnd: block.first + block.count,
      compressors,
      useOffsetIndex: true,
    });
    return rows.map((row) => columns.map((column) => toCell(row[column])));
  } catch (cause) {
    throw dataFormatError(
      fileName,
      block.first + 1,
      msg`the rows from here on can not be read: the Parquet file is damaged or packed in an unknown way (${messageOf(cause)}).`,
      msg`Download or copy it again, or save it with another compression, such as snappy.`,
    );
  }
}

/** What hyparquet unpacks by itself. */
const BUILT_IN: ReadonlySet<string> = new Set(['UNCOMPRESSED', 'SNAPPY']);

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

/** Whole numbers that no double holds, and dates, become texts. Bytes are no text: they count as absent. */
function toCell(value: unknown): Cell {
  if (value === null || value === undefined || ArrayBuffer.isView(value)) return listOfNumbers(value);
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value.toString();
  }
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(toCell);
  if (typeof value !== 'object') return value as Cell;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, toCell(each)]));
}

function listOfNumbers(value: unknown): Cell {
  if (!ArrayBuffer.isView(value) || value instanceof Uint8Array || value instanceof DataView) return null;
  return Array.from(value as unknown as ArrayLike<number | bigint>, toCell);
}
