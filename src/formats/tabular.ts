// Opens a data file: finds out by its content what it is, and reads it into a `Table`.

import { msg } from '#util/msg.ts';
import { looksLikeConll, parseConll } from './conll.ts';
import { parseCsv } from './csv.ts';
import { decodeText } from './decode-text.ts';
import { parseJsonArray, parseJsonl } from './jsonl.ts';
import type { Table } from './table.ts';

/** A text that long is probably a whole document, or an open quote; it is used, but cut by truncation. */
const LONG_CELL_CHARACTERS = 50_000;

/**
 * Reads CSV, TSV, JSONL, a JSON array or CoNLL, whatever the extension; else a .txt file is one document, the only row.
 * @throws StudioError E-DATA-FORMAT naming file and line.
 */
export async function readTable(file: Blob, fileName: string): Promise<Table> {
  const text = await decodeText(file, fileName);
  const table = parse(text, fileName);
  return { ...table, warnings: [...table.warnings, ...longCells(table)] };
}

function parse(text: string, fileName: string): Table {
  if (/^\s*\[\s*[{\]]/.test(text)) return parseJsonArray(text, fileName);
  if (/^\s*\{\s*["}]/.test(text)) return parseJsonl(text, fileName);
  if (looksLikeConll(text)) return parseConll(text, fileName);
  return /\.txt$/i.test(fileName) ? documentOf(text, fileName) : parseCsv(text, fileName);
}

const documentOf = (text: string, fileName: string): Table => ({
  fileName,
  format: 'txt',
  columns: ['text'],
  rows: [[text]],
  lineNumbers: Int32Array.of(1),
  warnings: [],
});

function longCells({ fileName, format, columns, rows, lineNumbers }: Table): string[] {
  if (format === 'txt') return [];
  return columns.flatMap((column, c) => {
    const long = rows.flatMap((row, r) => {
      const cell = row[c];
      return typeof cell === 'string' && cell.length >= LONG_CELL_CHARACTERS
        ? [{ characters: cell.length, line: lineNumbers[r]! }]
        : [];
    });
    const [first] = long;
    if (!first) return [];
    const others = long.length === 1 ? '' : msg` (and ${long.length - 1} more such rows)`;
    return [
      msg`${fileName}:${first.line}: the cell in column ${column} has ${first.characters} characters${others}; only its beginning will be used.`,
    ];
  });
}
