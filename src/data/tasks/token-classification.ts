// Token classification: words and a tag for each. The first token of a word carries its tag, as in HF's example script.

import { type Cell, isCellList, type Table } from '#formats/table.ts';
import { compareCodePoints } from '#util/hf-json.ts';
import { IGNORE_INDEX } from '#util/ignore-index.ts';
import { StudioError } from '#util/studio-error.ts';
import { columnOf } from './columns.ts';
import { labelWarnings } from './label-warnings.ts';
import type { EncodedRow, RowTask, TaskSource } from './row-task.ts';
import { splitRows } from './split-rows.ts';

interface TaggedRow {
  readonly words: readonly string[];
  readonly tags: readonly string[];
  readonly line: number;
}

interface TagSpace {
  readonly labels: readonly string[];
  readonly indexOf: (tag: string, row: TaggedRow, fileName: string) => number;
}

interface IndexedRow extends TaggedRow {
  readonly targets: readonly number[];
}

/**
 * Examples hold what the tokenizer gives and `labels` Int32Array, -100 for tokens that carry no tag.
 * @throws StudioError E-DATA-COLUMN or E-DATA-LABEL naming the row where words and tags do not match.
 */
export function tokenClassification(source: TaskSource): RowTask<IndexedRow> {
  const { train: table, validation: validationTable } = source;
  const warnings = [...table.warnings, ...(validationTable?.warnings ?? [])];
  const rows = readRows(table, source);
  const space = makeTagSpace(rows, source);
  const indexed = (each: readonly TaggedRow[], file: string): IndexedRow[] =>
    each.map((row) => ({ ...row, targets: row.tags.map((tag) => space.indexOf(tag, row, file)) }));
  const parts = validationTable
    ? {
        train: indexed(rows, table.fileName),
        validation: indexed(readRows(validationTable, source), validationTable.fileName),
      }
    : splitRows(indexed(rows, table.fileName), source, warnings);
  const countLabels = (counted: readonly IndexedRow[]): number[] => countTags(counted, space.labels.length);
  warnings.push(...labelWarnings(space.labels, parts.train.length, countLabels(parts.train)));
  return {
    task: 'token-classification',
    problemType: 'single_label_classification',
    labels: space.labels,
    ...parts,
    warnings,
    encode: (row) => encode(row, space.labels, source),
    sizeOf: ({ words }) => words.reduce((sum, word) => sum + word.length + 1, 0),
    countLabels,
    describe: ({ words, targets }) => ({
      text: words.join(' '),
      textPair: null,
      label: summarize(targets.map((target) => space.labels[target]!)),
    }),
  };
}

function readRows(table: Table, { roles }: TaskSource): TaggedRow[] {
  const words = columnOf(table, roles, 'text');
  const tags = columnOf(table, roles, 'label');
  return table.rows.map((_, r) => {
    const row = { words: listOf(words(r)), tags: listOf(tags(r)), line: table.lineNumbers[r]! };
    if (row.words.length === row.tags.length) return row;
    throw new StudioError(
      'E-DATA-LABEL',
      `${table.fileName}:${row.line}: the row has ${row.words.length} words but ${row.tags.length} tags.`,
      {
        where: `${table.fileName}:${row.line}`,
        hint: 'Give each word one tag: two lists of equal length, or two texts with as many parts between spaces.',
        safe: 'Your file was only read, not changed.',
      },
    );
  });
}

/** A list as it is; a text by its spaces. */
function listOf(cell: Cell): string[] {
  if (isCellList(cell)) return cell.map(String);
  const text = cell === null ? '' : String(cell).trim();
  return text === '' ? [] : text.split(/\s+/);
}

function makeTagSpace(rows: readonly TaggedRow[], { configLabels, train }: TaskSource): TagSpace {
  const found = [...new Set(rows.flatMap(({ tags }) => tags))].sort(compareCodePoints);
  if (found.length < 2) {
    throw new StudioError(
      'E-DATA-LABEL',
      `${train.fileName}: all words have the same tag. There is nothing to learn.`,
      {
        where: train.fileName,
        hint: 'Check that the right column is chosen for the tags.',
      },
    );
  }
  const named = configLabels.every((label) => /^LABEL_\d+$/.test(label)) ? [] : configLabels;
  const areIndices = found.every((tag) => /^\d+$/.test(tag)) && !found.every((tag) => named.includes(tag));
  const labels = areIndices ? namesOfIndices(found, named) : namesOf(found, named);
  const indices = new Map(areIndices ? labels.map((_, i) => [String(i), i]) : labels.map((label, i) => [label, i]));
  return {
    labels,
    indexOf: (tag, { line }, file) => {
      const index = indices.get(tag);
      if (index !== undefined) return index;
      throw new StudioError(
        'E-DATA-LABEL',
        `${file}:${line}: the tag ${JSON.stringify(tag)} is not one of ${labels.slice(0, 12).join(', ')}${labels.length > 12 ? ', …' : ''}.`,
        {
          where: `${file}:${line}`,
          hint: 'Correct the tag, or add training rows with it.',
          safe: 'Your file was only read, not changed.',
        },
      );
    },
  };
}

/** The model's own order, where it knows all tags of the data; else the data's. */
const namesOf = (found: readonly string[], named: readonly string[]): readonly string[] =>
  found.every((tag) => named.includes(tag)) ? named : found;

function namesOfIndices(found: readonly string[], named: readonly string[]): readonly string[] {
  const count = Math.max(...found.map(Number)) + 1;
  return named.length >= count ? named : Array.from({ length: count }, (_, i) => `LABEL_${i}`);
}

function countTags(rows: readonly IndexedRow[], labels: number): number[] {
  const counts = new Array<number>(labels).fill(0);
  for (const { targets } of rows) for (const target of targets) counts[target]! += 1;
  return counts;
}

function encode({ words, targets }: IndexedRow, labels: readonly string[], source: TaskSource): EncodedRow {
  const { tokenizer, maxLength } = source;
  const { input_ids, attention_mask, token_type_ids, truncated, wordIds } = tokenizer.encodeWords(words, { maxLength });
  const tags = Int32Array.from(wordIds, (word, i) =>
    word === null || word === wordIds[i - 1] ? IGNORE_INDEX : targets[word]!,
  );
  const example = {
    input_ids: Int32Array.from(input_ids),
    attention_mask: Uint8Array.from(attention_mask),
    ...(token_type_ids ? { token_type_ids: Uint8Array.from(token_type_ids) } : {}),
    labels: tags,
  };
  return {
    examples: [example],
    length: input_ids.length + truncated,
    truncated,
    targets: Array.from(tags, (tag) => (tag === IGNORE_INDEX ? null : labels[tag]!)),
  };
}

/** `B-person, I-person and 12 O`: the tags that say something, and how many say nothing. */
function summarize(tags: readonly string[]): string {
  const telling = [...new Set(tags.filter((tag) => tag !== 'O'))];
  const outside = tags.filter((tag) => tag === 'O').length;
  const shown = telling.slice(0, 6).join(', ') + (telling.length > 6 ? ', …' : '');
  return [shown, outside > 0 ? `${outside} × O` : ''].filter((part) => part !== '').join(' and ');
}
