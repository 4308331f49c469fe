// All rows of a table at once: files of tests are small.

import { type Row, readRows, type Table } from '#formats/table.ts';

export const rowsOf = (table: Table): Promise<Row[]> =>
  readRows(
    table,
    Int32Array.from({ length: table.rowCount }, (_, row) => row),
  );
