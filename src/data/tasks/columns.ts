// Columns of a table by name, and the cells of rows by their roles.

import type { Cell, Table } from '#formats/table.ts';
import { listLines } from '#formats/table.ts';
import type { ColumnRoles, Role } from '#protocol/task-roles.ts';
import { msg } from '#util/msg.ts';
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
  const text = textColumn(table, roles, 'text');
  const textPair = roles.textPair === undefined ? null : textColumn(table, roles, 'textPair');
  const label = columnOf(table, roles, 'label');
  const rows = table.rows.map((_, r) => ({
    text: text(r),
    textPair: textPair?.(r) ?? null,
    label: label(r),
    line: table.lineNumbers[r]!,
  }));
  refuseMissing(rows, table.fileName, roles.label!, 'label');
  warnOfEmptyTexts(
    table,
    roles.text!,
    rows.map((row) => row.text + (row.textPair ?? '')),
    warnings,
  );
  return rows;
}

/** The cells of the column that plays this role, by row. @throws StudioError E-DATA-COLUMN when there is none. */
export function columnOf(table: Table, roles: ColumnRoles, role: Role): (row: number) => Cell {
  const name = roles[role];
  if (name === undefined) {
    throw new StudioError('E-DATA-COLUMN', msg`No column of ${table.fileName} is chosen for: ${role}.`, {
      where: table.fileName,
      hint: msg`Its columns are ${table.columns.join(', ')}.`,
    });
  }
  const index = columnIndex(table, name);
  return (row) => table.rows[row]![index]!;
}

/** As `columnOf`, for texts; numbers count as texts, nothing as an empty one. */
export function textColumn(table: Table, roles: ColumnRoles, role: Role): (row: number) => string {
  const cell = columnOf(table, roles, role);
  return (row) => textOf(cell(row), table, roles[role]!, table.lineNumbers[row]!);
}

/** @param texts of each row. @throws StudioError E-DATA-COLUMN when all are empty. */
export function warnOfEmptyTexts(table: Table, column: string, texts: readonly string[], warnings: string[]): void {
  const empty = texts.flatMap((text, row) => (text.trim() === '' ? [table.lineNumbers[row]!] : []));
  if (empty.length === texts.length) {
    throw new StudioError('E-DATA-COLUMN', msg`${table.fileName}: no row has a text in ${column}.`, {
      where: table.fileName,
      hint: msg`Choose another column for the text. The file's columns are ${table.columns.join(', ')}.`,
    });
  }
  if (empty.length > 0)
    warnings.push(
      msg`${table.fileName}: ${empty.length} of ${texts.length} rows have no text in ${column}; lines ${listLines(empty)}.`,
    );
}

function columnIndex(table: Table, name: string): number {
  const index = table.columns.indexOf(name);
  if (index >= 0) return index;
  const closest = closestName(name, table.columns);
  throw new StudioError(
    'E-DATA-COLUMN',
    msg`${table.fileName} has no column ${JSON.stringify(name)}. Its columns are ${table.columns.join(', ')}.`,
    {
      where: table.fileName,
      hint: closest === null ? msg`Choose one of these columns.` : msg`Did you mean ${JSON.stringify(closest)}?`,
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
    msg`${table.fileName}:${line}: the column ${column} holds ${Array.isArray(cell) ? msg`a list` : msg`an object`} where a text should be.`,
    {
      where: `${table.fileName}:${line}`,
      hint: msg`Choose another column for the text, or turn these values into texts.`,
    },
  );
}

/** @throws StudioError E-DATA-LABEL when a row has nothing in the column. */
function refuseMissing(
  rows: readonly { readonly label: Cell; readonly line: number }[],
  fileName: string,
  column: string,
  what: string,
): void {
  const missing = rows.filter(({ label }) => isMissing(label)).map(({ line }) => line);
  if (missing.length === 0) return;
  throw new StudioError(
    'E-DATA-LABEL',
    msg`${fileName}: ${missing.length} of ${rows.length} rows have no ${what} in ${column}; lines ${listLines(missing)}.`,
    {
      where: `${fileName}:${missing[0]}`,
      hint: msg`Fill the ${what}s in or delete these rows.`,
      safe: msg`Your file was only read, not changed.`,
    },
  );
}
