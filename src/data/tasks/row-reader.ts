// How a task reads the rows of a file.

import type { Cell, Row as Cells, Table } from '#formats/table.ts';

/** What the cells are called, and their column. */
export interface NeededColumn {
  readonly what: string;
  readonly column: string;
}

export interface RowReader<Row> {
  /**
   * @param number of the row in the file, counted from 0
   * @throws StudioError E-DATA-COLUMN, E-DATA-LABEL or E-DATA-FORMAT naming the row.
   */
  readonly read: (cells: Cells, number: number) => Row;
  /** What the model reads of the row: its length, whether there is anything, and which rows are the same. */
  readonly inputs: (row: Row) => readonly string[];
  /** The column whose texts must not be all empty. */
  readonly textColumn: string | null;
  /** Cells without which a row can not be used. */
  readonly needed?: NeededColumn & { readonly cellOf: (row: Row) => Cell };
  /** Sees every row that can be used once, in the order of the file. */
  readonly note?: (row: Row, number: number) => void;
}

export type MakeReader<Row> = (table: Table) => RowReader<Row>;
