// Token classification: words and a tag for each. The first token of a word carries its tag, as in HF's example script.

import { type Cell, isCellList, type Table } from '#formats/table.ts';
import { compareCodePoints } from '#util/hf-json.ts';
import { IGNORE_INDEX } from '#util/ignore-index.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import { columnOf } from './columns.ts';
import { namedLabels } from './label-space.ts';
import { labelWarnings } from './label-warnings.ts';
import type { EncodedRow, RowTask, TaskSource } from './row-task.ts';
import { partRows, tableWarnings } from './split-rows.ts';

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
  const { train: table } = source;
  const warnings = tableWarnings(source);
  const rows = readRows(table, source);
  const space = makeTagSpace(rows, source);
  const indexed = (each: readonly TaggedRow[], file: string): IndexedRow[] =>
    each.map((row) => ({ ...row, targets: row.tags.map((tag) => space.indexOf(tag, row, file)) }));
  const read = (each: Table): IndexedRow[] => indexed(readRows(each, source), each.fileName);
  const parts = partRows(indexed(rows, table.fileName), source, read, warnings);
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
    recordOf: ({ words, targets }) => ({
      [source.roles.text!]: words,
      [source.roles.label!]: targets.map((target) => space.labels[target]!),
    }),
  };
}

function readRows(table: Table, { roles }: TaskSource): TaggedRow[] {
  const words = columnOf(table, roles, 'text');
  const tags = columnOf(table, roles, 'label');
  return table.rows.map((_, r) => {
    const where = `${table.fileName}:${table.lineNumbers[r]}`;
    const row = {
      words: listOf(words(r), 'words', where),
      tags: listOf(tags(r), 'tags', where),
      line: table.lineNumbers[r]!,
    };
    if (row.words.length === row.tags.length) return row;
    throw new StudioError(
      'E-DATA-LABEL',
      msg`${where}: the row has ${row.words.length} words but ${row.tags.length} tags.`,
      {
        where,
        hint: msg`Give each word one tag: two lists of equal length, or two texts with as many parts between spaces.`,
        safe: msg`Your file was only read, not changed.`,
      },
    );
  });
}

/** A list as it is; a text by its spaces. @throws StudioError E-DATA-COLUMN where something stands that is no text. */
function listOf(cell: Cell, what: string, where: string): string[] {
  if (!isCellList(cell)) {
    const text = cell === null ? '' : textOf(cell, what, where).trim();
    return text === '' ? [] : text.split(/\s+/);
  }
  return cell.map((each) => textOf(each, what, where));
}

function textOf(cell: Cell, what: string, where: string): string {
  if (cell !== null && typeof cell !== 'object') return String(cell);
  const found = cell === null ? 'nothing' : isCellList(cell) ? msg`a list` : msg`an object`;
  throw new StudioError('E-DATA-COLUMN', msg`${where}: among the ${what} there is ${found} where a text should be.`, {
    where,
    hint: msg`Give lists of texts, or texts with spaces between their parts.`,
    safe: msg`Your file was only read, not changed.`,
  });
}

function makeTagSpace(rows: readonly TaggedRow[], { configLabels, train }: TaskSource): TagSpace {
  const found = [...new Set(rows.flatMap(({ tags }) => tags))].sort(compareCodePoints);
  if (found.length < 2) {
    throw new StudioError(
      'E-DATA-LABEL',
      msg`${train.fileName}: all words have the same tag. There is nothing to learn.`,
      {
        where: train.fileName,
        hint: msg`Check that the right column is chosen for the tags.`,
      },
    );
  }
  refuseOddNumbers(rows, found, train.fileName);
  const named = namedLabels(configLabels);
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
        msg`${file}:${line}: the tag ${JSON.stringify(tag)} is not one of ${labels.slice(0, 12).join(', ')}${labels.length > 12 ? ', …' : ''}.`,
        {
          where: `${file}:${line}`,
          hint: msg`Correct the tag, or add training rows with it.`,
          safe: msg`Your file was only read, not changed.`,
        },
      );
    },
  };
}

/** Tags that are numbers count from 0, each an output of the head; a fraction, -100 or a million is none. */
function refuseOddNumbers(rows: readonly TaggedRow[], found: readonly string[], fileName: string): void {
  if (!found.every((tag) => Number.isFinite(Number(tag)))) return;
  const odd = found.find((tag) => !/^\d{1,4}$/.test(tag));
  if (odd === undefined) return;
  const where = `${fileName}:${rows.find(({ tags }) => tags.includes(odd))!.line}`;
  throw new StudioError('E-DATA-LABEL', msg`${where}: the tag ${odd} is no index of a tag.`, {
    where,
    hint: msg`Tags are names, or whole numbers that count from 0. Words without a tag need one too, such as O.`,
    safe: msg`Your file was only read, not changed.`,
  });
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
