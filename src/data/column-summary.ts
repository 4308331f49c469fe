// What the studio shows of a table before anything is chosen: kinds of columns and frequent values.

import type { Cell, Table } from '#formats/table.ts';
import type { ColumnSummary } from '#protocol/messages.ts';

const MAX_TOP_VALUES = 20;
const MAX_CATEGORIES = 100;
const MAX_NUMBER_CATEGORIES = 50;
const MAX_CATEGORY_CHARACTERS = 60;

export function summarizeColumns(table: Table): ColumnSummary[] {
  return table.columns.map((name, c) =>
    summarize(
      name,
      table.rows.map((row) => row[c]!),
    ),
  );
}

function summarize(name: string, cells: readonly Cell[]): ColumnSummary {
  const counts = new Map<string, number>();
  let empty = 0;
  let characters = 0;
  for (const cell of cells) {
    const text = typeof cell === 'object' ? JSON.stringify(cell) : String(cell).trim();
    if (cell === null || text === '') empty++;
    else {
      counts.set(text, (counts.get(text) ?? 0) + 1);
      characters += text.length;
    }
  }
  const filled = cells.length - empty;
  const meanCharacters = filled === 0 ? 0 : characters / filled;
  const kind = cells.some((cell) => typeof cell === 'object' && cell !== null)
    ? 'list'
    : kindOf([...counts.keys()], filled, meanCharacters);
  const topValues = kind === 'category' ? mostFrequent(counts) : [];
  return { name, kind, distinct: counts.size, empty, topValues, meanCharacters };
}

function kindOf(distinct: readonly string[], filled: number, meanCharacters: number): ColumnSummary['kind'] {
  if (filled === 0) return 'empty';
  const repeats = distinct.length < filled || filled === 1;
  if (distinct.every((text) => Number.isFinite(Number(text)))) {
    const isCode =
      repeats && distinct.length <= MAX_NUMBER_CATEGORIES && distinct.every((text) => /^-?\d+$/.test(text));
    return isCode ? 'category' : 'number';
  }
  return repeats && distinct.length <= MAX_CATEGORIES && meanCharacters <= MAX_CATEGORY_CHARACTERS
    ? 'category'
    : 'text';
}

function mostFrequent(counts: ReadonlyMap<string, number>): { value: string; count: number }[] {
  const all = [...counts].map(([value, count]) => ({ value, count }));
  return all.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1)).slice(0, MAX_TOP_VALUES);
}
