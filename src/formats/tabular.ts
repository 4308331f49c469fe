// Opens a data file: finds out by its content what it is, and reads it into a `Table`.

import { parseCsv } from './csv.ts';
import { decodeText } from './decode-text.ts';
import { parseJsonArray, parseJsonl } from './jsonl.ts';
import type { Table } from './table.ts';

/** A text that long is probably a whole document, or an open quote; it is used, but cut by truncation. */
const LONG_CELL_CHARACTERS = 50_000;

/**
 * Reads CSV, TSV, JSONL or a JSON array; the extension does not matter.
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
  return parseCsv(text, fileName);
}

function longCells({ fileName, columns, rows, lineNumbers }: Table): string[] {
  return columns.flatMap((column, c) => {
    const long = rows.flatMap((row, r) => {
      const cell = row[c];
      return typeof cell === 'string' && cell.length >= LONG_CELL_CHARACTERS
        ? [{ characters: cell.length, line: lineNumbers[r]! }]
        : [];
    });
    const [first] = long;
    if (!first) return [];
    const others = long.length === 1 ? '' : ` (and ${long.length - 1} more such rows)`;
    return [
      `${fileName}:${first.line}: the cell in column ${column} has ${first.characters} characters${others}; only its beginning will be used.`,
    ];
  });
}
