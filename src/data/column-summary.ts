// What the studio shows of a table before anything is chosen: kinds of columns, frequent values, and a guess which
// column is the text and which the label.

import type { Cell, Table } from '#formats/table.ts';
import type { ColumnRoles, ColumnSummary } from '#protocol/messages.ts';

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

const LABEL_NAMES = [
  'label',
  'labels',
  'target',
  'class',
  'category',
  'sentiment',
  'emotion',
  'intent',
  'topic',
  'rating',
  'score',
  'stars',
  'y',
];
const TEXT_NAMES = [
  'text',
  'sentence',
  'review',
  'content',
  'comment',
  'message',
  'tweet',
  'body',
  'question',
  'title',
  'document',
  'utterance',
];
const PAIR_NAMES: readonly (readonly [text: string, textPair: string])[] = [
  ['sentence1', 'sentence2'],
  ['text1', 'text2'],
  ['text_a', 'text_b'],
  ['premise', 'hypothesis'],
  ['question1', 'question2'],
  ['question', 'sentence'],
  ['question', 'answer'],
  ['question', 'context'],
  ['text', 'text_pair'],
];

/** Which columns are probably meant: by their usual names, else by what they hold. Null when there is no telling. */
export function guessRoles(table: Table): ColumnRoles | null {
  const columns = summarizeColumns(table);
  const label = byName(columns, LABEL_NAMES) ?? lastOfKind(columns, 'category');
  if (label === undefined) return null;
  const others = columns.filter((column) => column !== label);
  for (const [first, second] of PAIR_NAMES) {
    const text = byName(others, [first]);
    const textPair = byName(others, [second]);
    if (text && textPair) return { text: text.name, textPair: textPair.name, label: label.name };
  }
  const text =
    byName(others, TEXT_NAMES) ?? longest(others.filter(({ kind }) => kind === 'text' || kind === 'category'));
  return text === undefined ? null : { text: text.name, label: label.name };
}

function byName(columns: readonly ColumnSummary[], names: readonly string[]): ColumnSummary | undefined {
  const found = names.map((name) =>
    columns.find((column) => column.name.toLowerCase() === name && column.kind !== 'empty'),
  );
  return found.find((column) => column !== undefined);
}

const lastOfKind = (columns: readonly ColumnSummary[], kind: ColumnSummary['kind']): ColumnSummary | undefined =>
  columns.findLast((column) => column.kind === kind);

function longest(columns: readonly ColumnSummary[]): ColumnSummary | undefined {
  return [...columns].sort((a, b) => b.meanCharacters - a.meanCharacters)[0];
}
