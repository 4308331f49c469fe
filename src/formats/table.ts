// A data file as rows and columns: what `tabular.ts` makes of CSV, TSV and JSON, and what `data` reads.

import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';

export type Scalar = string | number | boolean | null;

/**
 * Delimited files hold strings only; CoNLL holds lists of strings; JSON holds the rest too. An absent value is null, or ''
 * in delimited files.
 */
export type Cell = Scalar | readonly Cell[] | CellObject;

export interface CellObject {
  readonly [key: string]: Cell;
}

export const isCellList = (cell: Cell): cell is readonly Cell[] => Array.isArray(cell);
export const isCellObject = (cell: Cell): cell is CellObject =>
  typeof cell === 'object' && cell !== null && !Array.isArray(cell);

export type TableFormat = 'csv' | 'tsv' | 'jsonl' | 'json' | 'conll' | 'txt';

export interface Table {
  readonly fileName: string;
  readonly format: TableFormat;
  readonly columns: readonly string[];
  /** Each row has one cell for each column. */
  readonly rows: readonly (readonly Cell[])[];
  /** The line of the file each row starts on, counted from 1. */
  readonly lineNumbers: Int32Array;
  /** Sentences about what was mended or looks odd. */
  readonly warnings: readonly string[];
}

/** An E-DATA-FORMAT error; the line is counted from 1. */
export function dataFormatError(fileName: string, line: number | null, message: string, hint: string): StudioError {
  const where = line === null ? fileName : `${fileName}:${line}`;
  return new StudioError('E-DATA-FORMAT', `${where}: ${message}`, {
    where,
    hint,
    safe: msg`Your file was only read, not changed.`,
  });
}

/** `3, 8, 11 and 20 more`: the first few of many lines, for a message. */
export function listLines(lines: readonly number[], limit = 5): string {
  const shown = lines.slice(0, limit).join(', ');
  return lines.length > limit ? msg`${shown} and ${lines.length - limit} more` : shown;
}

/** The number of the line that holds the character at `index`. */
export function lineAt(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < index; at = text.indexOf('\n', at + 1)) line++;
  return line;
}
