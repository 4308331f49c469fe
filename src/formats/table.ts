// A data file as rows and columns. The rows stay in the file: a table knows where they are, and reads them when they are
// asked for. What `tabular.ts` makes of every format, and what `data` reads.

import { msg } from '#util/msg.ts';
import { type ErrorFix, StudioError } from '#util/studio-error.ts';
import type { BlockCache } from './block-cache.ts';

export type Scalar = string | number | boolean | null;

/**
 * Delimited files hold strings only; CoNLL holds lists of strings; JSON and Parquet hold the rest too. An absent value is
 * null, or '' in delimited files.
 */
export type Cell = Scalar | readonly Cell[] | CellObject;

export interface CellObject {
  readonly [key: string]: Cell;
}

/** One cell for each column. */
export type Row = readonly Cell[];

export const isCellList = (cell: Cell): cell is readonly Cell[] => Array.isArray(cell);
export const isCellObject = (cell: Cell): cell is CellObject =>
  typeof cell === 'object' && cell !== null && !Array.isArray(cell);

export type TableFormat = 'csv' | 'tsv' | 'jsonl' | 'json' | 'conll' | 'txt' | 'parquet';

/** Rows that are read together. */
export interface RowBlock {
  /** Number of the first row, counted from 0. */
  readonly first: number;
  readonly count: number;
}

/** Where a row stands. */
export interface RowPlace {
  readonly fileName: string;
  /** The line it starts on, counted from 1; of Parquet the number of the row. */
  readonly line: number;
}

export interface Table {
  /** Of several files a name for all of them; in which of them a row stands tells `placeOf`. */
  readonly fileName: string;
  readonly format: TableFormat;
  readonly columns: readonly string[];
  readonly rowCount: number;
  /** All rows in their order. To read a whole block is the cheapest. */
  readonly blocks: readonly RowBlock[];
  /** Sentences about what was mended or looks odd. */
  readonly warnings: readonly string[];
  /** @param row its number in the table, counted from 0 */
  placeOf(row: number): RowPlace;
  /** Rows of one block, by its place in `blocks`. Those used of late are kept at hand. */
  readBlock(index: number): Promise<readonly Row[]>;
}

/** How a file is to be read, where a person decided it. */
export interface ReadingOptions {
  /** Of TextDecoder. Undefined: UTF-8, or UTF-16 by its mark. */
  readonly encoding?: string | undefined;
  /** Of delimited files: quotes are ordinary characters. */
  readonly quotesAsText?: boolean | undefined;
  /** Rows that can not be read are left out; else the first of them is an error. */
  readonly skipBadRows?: boolean | undefined;
}

export interface TableOptions extends ReadingOptions {
  readonly signal?: AbortSignal | undefined;
  /** Where rows are kept at hand. Undefined: in one of the table's own. */
  readonly cache?: BlockCache<readonly Row[]> | undefined;
  /** Bytes read so far. */
  readonly onProgress?: ((doneBytes: number) => void) | undefined;
  /** Sees all rows once, in their order, while the file is opened. Rows may be shorter than the columns that come to be. */
  readonly onRows?: ((columns: readonly string[], rows: readonly Row[]) => void) | undefined;
}

/** An E-DATA-FORMAT error; the line is counted from 1. */
export function dataFormatError(
  fileName: string,
  line: number | null,
  message: string,
  hint: string,
  fixes: readonly ErrorFix[] = [],
): StudioError {
  const where = line === null ? fileName : `${fileName}:${line}`;
  return new StudioError('E-DATA-FORMAT', msg`${where}: ${message}`, {
    where,
    hint,
    safe: msg`Your file was only read, not changed.`,
    fixes,
  });
}

const LISTED = 5;

/** `3, 8, 11 and 20 more`: the first few of many lines, for a message. */
export function listLines(lines: readonly (number | string)[], count = lines.length): string {
  const shown = lines.slice(0, LISTED).join(', ');
  return count > LISTED ? msg`${shown} and ${count - LISTED} more` : shown;
}

/** The lines of rows as `listLines` has them; in a table of several files each with its own. */
export function listPlaces(table: Table, rows: ArrayLike<number>, count = rows.length): string {
  const lines = Array.from({ length: Math.min(LISTED, rows.length) }, (_, i) => {
    const { fileName, line } = table.placeOf(rows[i]!);
    return fileName === table.fileName ? line : `${fileName}:${line}`;
  });
  return listLines(lines, count);
}

/** `train.csv:12`: where a row stands. */
export function whereOf(table: Table, row: number): string {
  const { fileName, line } = table.placeOf(row);
  return `${fileName}:${line}`;
}

/** The number of the line that holds the character at `index`. */
export function lineAt(source: string, index: number): number {
  let line = 1;
  for (let at = source.indexOf('\n'); at !== -1 && at < index; at = source.indexOf('\n', at + 1)) line++;
  return line;
}

/** The block that holds a row. */
export function blockOf({ blocks }: Pick<Table, 'blocks'>, row: number): number {
  let [low, high] = [0, blocks.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (blocks[middle]!.first <= row) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Single rows, in the order they are asked for. */
export async function readRows(table: Table, numbers: ArrayLike<number>): Promise<Row[]> {
  const rows: Row[] = [];
  for (let i = 0; i < numbers.length; i++) {
    const index = blockOf(table, numbers[i]!);
    rows.push((await table.readBlock(index))[numbers[i]! - table.blocks[index]!.first]!);
  }
  return rows;
}
