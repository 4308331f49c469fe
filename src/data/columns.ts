// Columns of a table by name, and the cells of classification rows: text, second text, label.

import type { Cell, Table } from '#formats/table.ts';
import { listLines } from '#formats/table.ts';
import type { ColumnRoles } from '#protocol/messages.ts';
import { StudioError } from '#util/studio-error.ts';

export interface TaskRow {
  readonly text: string;
  readonly textPair: string | null;
  readonly label: Cell;
  /** Where the row starts in its file. */
  readonly line: number;
}

const isMissing = (cell: Cell): boolean => cell === null || (typeof cell === 'string' && cell.trim() === '');

/**
 * @throws StudioError E-DATA-COLUMN for a column that is not there or holds lists as text, E-DATA-LABEL for rows without a label.
 */
export function readTaskRows(table: Table, roles: ColumnRoles, warnings: string[]): TaskRow[] {
  const text = columnIndex(table, roles.text);
  const pair = roles.textPair === undefined ? null : columnIndex(table, roles.textPair);
  const label = columnIndex(table, roles.label);
  const rows = table.rows.map((cells, r) => {
    const line = table.lineNumbers[r]!;
    return {
      text: textOf(cells[text]!, table, roles.text, line),
      textPair: pair === null ? null : textOf(cells[pair]!, table, roles.textPair!, line),
      label: cells[label]!,
      line,
    };
  });
  refuseMissingLabels(rows, table.fileName, roles.label);
  const empty = rows
    .filter((row) => row.text.trim() === '' && (row.textPair ?? '').trim() === '')
    .map(({ line }) => line);
  if (empty.length > 0)
    warnings.push(
      `${table.fileName}: ${empty.length} of ${rows.length} rows have no text in ${roles.text}; lines ${listLines(empty)}.`,
    );
  return rows;
}

function columnIndex(table: Table, name: string): number {
  const index = table.columns.indexOf(name);
  if (index >= 0) return index;
  const closest = closestName(name, table.columns);
  throw new StudioError(
    'E-DATA-COLUMN',
    `${table.fileName} has no column ${JSON.stringify(name)}. Its columns are ${table.columns.join(', ')}.`,
    {
      where: table.fileName,
      hint: closest === null ? 'Choose one of these columns.' : `Did you mean ${JSON.stringify(closest)}?`,
    },
  );
}

/** The name that differs in the fewest letters, if it is near enough to be meant. */
function closestName(name: string, names: readonly string[]): string | null {
  const distances = names.map((other) => ({ other, distance: editDistance(name.toLowerCase(), other.toLowerCase()) }));
  distances.sort((a, b) => a.distance - b.distance);
  const [best] = distances;
  return best !== undefined && best.distance <= Math.max(2, name.length / 2) ? best.other : null;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 0; i < a.length; i++) {
    const row = [i + 1];
    for (let j = 0; j < b.length; j++) {
      row.push(Math.min(previous[j + 1]! + 1, row[j]! + 1, previous[j]! + (a[i] === b[j] ? 0 : 1)));
    }
    previous = row;
  }
  return previous[b.length]!;
}

function textOf(cell: Cell, table: Table, column: string, line: number): string {
  if (typeof cell === 'string') return cell;
  if (cell === null) return '';
  if (typeof cell === 'number' || typeof cell === 'boolean') return String(cell);
  throw new StudioError(
    'E-DATA-COLUMN',
    `${table.fileName}:${line}: the column ${column} holds a list where a text should be.`,
    {
      where: `${table.fileName}:${line}`,
      hint: 'Choose another column for the text, or join the list into one text.',
    },
  );
}

function refuseMissingLabels(rows: readonly TaskRow[], fileName: string, column: string): void {
  const missing = rows.filter(({ label }) => isMissing(label)).map(({ line }) => line);
  if (missing.length === 0) return;
  throw new StudioError(
    'E-DATA-LABEL',
    `${fileName}: ${missing.length} of ${rows.length} rows have no label in ${column}; lines ${listLines(missing)}.`,
    {
      where: `${fileName}:${missing[0]}`,
      hint: 'Fill the labels in or delete these rows.',
      safe: 'Your file was only read, not changed.',
    },
  );
}
