// All rows of a table at once, and the lines they stand on: files of tests are small.

import { type Row, readRows, type Table } from '#formats/table.ts';

export const rowsOf = (table: Table): Promise<Row[]> =>
  readRows(
    table,
    Int32Array.from({ length: table.rowCount }, (_, row) => row),
  );

export const linesOf = (table: Table): number[] =>
  Array.from({ length: table.rowCount }, (_, row) => table.placeOf(row).line);
