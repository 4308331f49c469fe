// The files of a split as one table: their rows one after another. Shards have the same columns; in which order tells
// the first.

import { msg } from '#util/msg.ts';
import { splitNameOf } from '#util/shards.ts';
import { BlockCache } from './block-cache.ts';
import type { PathedFile } from './model-files.ts';
import { blockOf, dataFormatError, type Row, type RowBlock, type Table, type TableOptions } from './table.ts';
import { readTable } from './tabular.ts';

/**
 * Reads files one after another; a single one is a table of its own.
 * @throws StudioError E-DATA-FORMAT naming the file, as `readTable`, and where its columns are others; what the signal says.
 */
export async function readSplit(files: readonly PathedFile[], options: TableOptions = {}): Promise<Table> {
  const cache = new BlockCache<readonly Row[]>();
  const tables: Table[] = [];
  let before = 0;
  for (const { path, file } of files) {
    const done = before;
    const onProgress = (bytes: number): void => options.onProgress?.(done + bytes);
    tables.push(await readTable(file, path, { ...options, cache, onProgress }));
    before += file.size;
  }
  const [first] = tables;
  return tables.length === 1 ? first! : joined(tables.map((table) => inOrderOf(first!, table)));
}

interface BlockOfPart extends RowBlock {
  readonly table: Table;
  /** Its place among the blocks of that table, and the rows before that table. */
  readonly index: number;
  readonly before: number;
}

function joined(tables: readonly Table[]): Table {
  const { fileName, format, columns } = tables[0]!;
  const blocks: BlockOfPart[] = [];
  let before = 0;
  for (const table of tables) {
    for (const [index, { first, count }] of table.blocks.entries())
      blocks.push({ first: before + first, count, table, index, before });
    before += table.rowCount;
  }
  return {
    fileName: splitNameOf(fileName),
    format,
    columns,
    rowCount: before,
    blocks,
    warnings: tables.flatMap(({ warnings }) => warnings),
    placeOf: (row) => {
      const block = blocks[blockOf({ blocks }, row)]!;
      return block.table.placeOf(row - block.before);
    },
    readBlock: (at) => blocks[at]!.table.readBlock(blocks[at]!.index),
  };
}

/** The table with its columns in the order of another one's. @throws StudioError E-DATA-FORMAT where they are others. */
function inOrderOf({ fileName, columns }: Table, table: Table): Table {
  const order = columns.map((name) => table.columns.indexOf(name));
  if (table.columns.length !== columns.length || order.includes(-1)) {
    throw dataFormatError(
      table.fileName,
      null,
      msg`its columns are ${table.columns.join(', ')}, but those of ${fileName} are ${columns.join(', ')}.`,
      msg`All shards of a split need the same columns. Mend this file, or choose files that belong together.`,
    );
  }
  if (order.every((column, i) => column === i)) return table;
  // Rows of a block that is at hand are put in order once.
  const ordered = new WeakMap<readonly Row[], readonly Row[]>();
  return {
    ...table,
    columns,
    readBlock: async (index) => {
      const rows = await table.readBlock(index);
      const known = ordered.get(rows) ?? rows.map((row) => order.map((column) => row[column]!));
      ordered.set(rows, known);
      return known;
    },
  };
}
