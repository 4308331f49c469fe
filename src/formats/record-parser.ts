// What a format of rows in text has to offer: the whole rows at the beginning of some bytes. `indexed-table.ts` goes
// through files with it, and reads single blocks again.

import type { Place } from './decode-text.ts';
import type { Row, TableFormat } from './table.ts';

/** A row that can not be read. */
export interface RowFault {
  readonly kind: 'quote' | 'cells' | 'json' | 'end';
  readonly line: number;
  readonly message: string;
  readonly hint: string;
}

export interface Piece extends Place {
  readonly bytes: Uint8Array;
  /** The first of the rows. */
  readonly isFirst: boolean;
  /** Nothing comes after these bytes. */
  readonly isLast: boolean;
  /** No row may be longer than this: what is not whole is a fault. */
  readonly isTooLong: boolean;
}

export interface Records {
  readonly rows: readonly Row[];
  /** Line of each row. */
  readonly lines: readonly number[];
  readonly faults: readonly RowFault[];
  /** Bytes and line ends that were read; the rest belongs to rows that are not whole yet. */
  readonly bytes: number;
  readonly lineEnds: number;
}

export interface RecordParser {
  readonly format: TableFormat;
  /** More may come with further rows. */
  readonly columns: readonly string[];
  /** Rows hold a cell for each column that was known when they were read. */
  parse(piece: Piece): Records;
  /** Sees what `parse` made of each piece once, for `warnings`. */
  note?(records: Records): void;
  /** What is odd about the rows that were noted. */
  warnings?(rowCount: number): readonly string[];
}
