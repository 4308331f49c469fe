// Decides whether the first line of a delimited file names the columns, and gives every column a name of its own.

import { msg } from '#util/msg.ts';
import { listLines } from './table.ts';

/** Names that data files commonly use; one of them in the first line makes it a header. */
const USUAL_NAMES = new Set(
  'text sentence sentence1 sentence2 review content comment body message tweet title question premise hypothesis label labels target class category sentiment score rating id idx index'.split(
    ' ',
  ),
);
const MAX_NAME_CHARACTERS = 100;

/** Column names from the first record, or `column_1`, `column_2`, … where it is data. Adds what was done to `warnings`. */
export function nameColumns(
  records: readonly (readonly string[])[],
  warnings: string[],
): { columns: string[]; hasHeader: boolean } {
  const first = records[0] ?? [];
  if (!looksLikeHeader(first, records)) {
    const width = Math.max(...records.slice(0, 100).map((fields) => fields.length));
    warnings.push(
      msg`the first line looks like data, not like column names, so the columns are called column_1 to column_${width}.`,
    );
    return { columns: Array.from({ length: width }, (_, i) => `column_${i + 1}`), hasHeader: false };
  }
  return { columns: cleanNames(first, warnings), hasHeader: true };
}

const isNumeric = (cell: string): boolean => cell.trim() !== '' && Number.isFinite(Number(cell));

function looksLikeHeader(first: readonly string[], records: readonly (readonly string[])[]): boolean {
  if (first.some((cell) => USUAL_NAMES.has(cell.trim().toLowerCase()))) return true;
  if (first.every((cell) => cell.trim() === '')) return false;
  if (first.some((cell) => isNumeric(cell) || cell.length > MAX_NAME_CHARACTERS)) return false;
  // A label among the cells comes again in its column; a name does not.
  const later = records.slice(1);
  return !first.some((cell, column) => cell !== '' && later.some((fields) => fields[column] === cell));
}

function cleanNames(cells: readonly string[], warnings: string[]): string[] {
  const trimmed = cells.map((cell, i) => cell.trim() || `column_${i + 1}`);
  const padded = cells.filter((cell) => cell !== cell.trim() && cell.trim() !== '');
  if (padded.length > 0)
    warnings.push(
      msg`blanks around column names were removed (${padded.map((cell) => JSON.stringify(cell)).join(', ')}).`,
    );
  const unnamed = cells.flatMap((cell, i) => (cell.trim() === '' ? [i + 1] : []));
  if (unnamed.length > 0) warnings.push(msg`columns without a name are called by their number: ${listLines(unnamed)}.`);
  return renameDuplicates(trimmed, warnings);
}

function renameDuplicates(names: readonly string[], warnings: string[]): string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let count = 2; taken.has(unique); count++) unique = `${name}_${count}`;
    if (unique !== name)
      warnings.push(msg`the column name ${name} comes more than once; one of them is called ${unique} here.`);
    taken.add(unique);
    return unique;
  });
}
