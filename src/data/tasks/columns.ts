// Columns of a table by name, and their cells as texts.

import { type Cell, type Row, type Table, whereOf } from '#formats/table.ts';
import type { ColumnRoles, Role } from '#protocol/task-roles.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';

/** The cell of the column that plays this role. @throws StudioError E-DATA-COLUMN when there is none. */
export function columnOf(table: Table, roles: ColumnRoles, role: Role): (cells: Row) => Cell {
  const name = roles[role];
  if (name === undefined) {
    throw new StudioError('E-DATA-COLUMN', msg`No column of ${table.fileName} is chosen for: ${role}.`, {
      where: table.fileName,
      hint: msg`Its columns are ${table.columns.join(', ')}.`,
    });
  }
  const index = columnIndex(table, name, role);
  return (cells) => cells[index]!;
}

/** As `columnOf`, for texts; numbers count as texts, nothing as an empty one. */
export function textColumn(table: Table, roles: ColumnRoles, role: Role): (cells: Row, number: number) => string {
  const cell = columnOf(table, roles, role);
  return (cells, number) => textOf(cell(cells), table, roles[role]!, number);
}

function columnIndex(table: Table, name: string, role: Role): number {
  const index = table.columns.indexOf(name);
  if (index >= 0) return index;
  const closest = closestName(name, table.columns);
  throw new StudioError(
    'E-DATA-COLUMN',
    msg`${table.fileName} has no column ${JSON.stringify(name)}. Its columns are ${table.columns.join(', ')}.`,
    {
      where: table.fileName,
      hint: closest === null ? msg`Choose one of these columns.` : msg`Did you mean ${JSON.stringify(closest)}?`,
      fixes: closest === null ? [] : [{ kind: 'use-column', file: table.fileName, role, column: closest }],
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

function textOf(cell: Cell, table: Table, column: string, number: number): string {
  if (typeof cell === 'string') return cell;
  if (cell === null) return '';
  if (typeof cell === 'number' || typeof cell === 'boolean') return String(cell);
  const where = whereOf(table, number);
  throw new StudioError(
    'E-DATA-COLUMN',
    Array.isArray(cell)
      ? msg`${where}: the column ${column} holds a list where a text should be.`
      : msg`${where}: the column ${column} holds an object where a text should be.`,
    { where, hint: msg`Choose another column for the text, or turn these values into texts.` },
  );
}
