// Token classification: words and a tag for each. The first token of a word carries its tag, as in HF's example script.

import { GrowingInts } from '#formats/growing-ints.ts';
import { type Cell, isCellList, type Table, whereOf } from '#formats/table.ts';
import { compareCodePoints } from '#util/hf-json.ts';
import { IGNORE_INDEX } from '#util/ignore-index.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import type { WorkOptions } from '../work.ts';
import { columnOf } from './columns.ts';
import { namedLabels } from './label-space.ts';
import { labelWarnings } from './label-warnings.ts';
import type { RowReader } from './row-reader.ts';
import {
  type EncodedRow,
  partsOf,
  type RowTask,
  rolesIn,
  surveyFiles,
  surveyWarnings,
  type TaskSource,
} from './row-task.ts';
import { type RowSet, tableWarnings } from './split-rows.ts';

interface TaggedRow {
  readonly words: readonly string[];
  readonly tags: readonly string[];
  readonly where: string;
}

interface TagSpace {
  readonly labels: readonly string[];
  readonly indexOf: (tag: string, where: string) => number;
}

/**
 * Examples hold what the tokenizer gives and `labels` Int32Array, -100 for tokens that carry no tag.
 * @throws StudioError E-DATA-COLUMN or E-DATA-LABEL naming the row where words and tags do not match.
 */
export async function tokenClassification(source: TaskSource, work: WorkOptions): Promise<RowTask<TaggedRow>> {
  const reader = (table: Table): RowReader<TaggedRow> => readerOf(table, source);
  const files = await surveyFiles(source, 'token-classification', (table) => noteTags(table, reader(table)), work);
  const warnings = [...tableWarnings(source), ...surveyWarnings(files)];
  const space = makeTagSpace(files.train.notes, source);
  const all = [files.train, ...files.validation];
  const indices = new Map(
    all.map(({ table, notes }) => [table, { notes, of: notes.indicesIn(space, table) }] as const),
  );
  const parts = partsOf(files, source, null, warnings);
  const countLabels = ({ table, numbers }: RowSet): number[] => {
    const { notes, of } = indices.get(table)!;
    return notes.count(numbers, of, space.labels.length);
  };
  warnings.push(...labelWarnings(space.labels, parts.train.numbers.length, countLabels(parts.train)));
  return {
    task: 'token-classification',
    problemType: 'single_label_classification',
    labels: space.labels,
    ...parts,
    warnings,
    reader,
    encode: (row) => encode(row, space, source),
    countLabels,
    describe: ({ words, tags, where }) => ({
      text: words.join(' '),
      textPair: null,
      label: summarize(tags.map((tag) => space.labels[space.indexOf(tag, where)]!)),
    }),
    recordOf: ({ words, tags, where }) => ({
      [source.roles.text!]: words,
      [source.roles.label!]: tags.map((tag) => space.labels[space.indexOf(tag, where)]!),
    }),
  };
}

function readerOf(table: Table, source: TaskSource): RowReader<TaggedRow> {
  const roles = rolesIn(source, table);
  const words = columnOf(table, roles, 'text');
  const tags = columnOf(table, roles, 'label');
  return {
    read: (cells, number) => {
      const where = whereOf(table, number);
      const row = {
        words: listOf(words(cells), 'words', where),
        tags: listOf(tags(cells), 'tags', where),
        where,
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
    },
    inputs: ({ words: all }) => all,
    textColumn: null,
  };
}

/** The tags of all words of a file: the different ones, and a number for each word. */
class TagColumn {
  /** Each different tag with its first row. */
  readonly firstRows = new Map<string, number>();
  readonly #codes = new Map<string, number>();
  readonly #ofWord = new GrowingInts();
  /** Of each row of the file where its words begin; they end where those of the next begin. */
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;

  constructor(rowCount: number) {
    this.#starts = new Int32Array(rowCount);
    this.#ends = new Int32Array(rowCount);
  }

  add({ tags }: TaggedRow, row: number): void {
    this.#starts[row] = this.#ofWord.length;
    for (const tag of tags) {
      let code = this.#codes.get(tag);
      if (code === undefined) {
        code = this.#codes.size;
        this.#codes.set(tag, code);
        this.firstRows.set(tag, row);
      }
      this.#ofWord.push(code);
    }
    this.#ends[row] = this.#ofWord.length;
  }

  /** Index of each different tag, by its code. @throws StudioError E-DATA-LABEL for one that training does not have. */
  indicesIn(space: TagSpace, table: Table): readonly number[] {
    return [...this.firstRows].map(([tag, row]) => space.indexOf(tag, whereOf(table, row)));
  }

  /** Words of each label. */
  count(rows: Int32Array, indices: readonly number[], labels: number): number[] {
    const counts = new Array<number>(labels).fill(0);
    for (const row of rows)
      for (let i = this.#starts[row]!; i < this.#ends[row]!; i++) counts[indices[this.#ofWord.get(i)]!]! += 1;
    return counts;
  }
}

function noteTags(table: Table, reader: RowReader<TaggedRow>) {
  const column = new TagColumn(table.rowCount);
  return {
    reader: { ...reader, note: (row: TaggedRow, number: number) => column.add(row, number) },
    notes: () => column,
  };
}

/** A list as it is; a text by its spaces. @throws StudioError E-DATA-COLUMN where something stands that is no text. */
function listOf(cell: Cell, what: string, where: string): string[] {
  if (!isCellList(cell)) {
    const words = cell === null ? '' : textOf(cell, what, where).trim();
    return words === '' ? [] : words.split(/\s+/);
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

function makeTagSpace({ firstRows }: TagColumn, { configLabels, train }: TaskSource): TagSpace {
  const found = [...firstRows.keys()].sort(compareCodePoints);
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
  refuseOddNumbers(firstRows, found, train);
  const named = namedLabels(configLabels);
  const areIndices = found.every((tag) => /^\d+$/.test(tag)) && !found.every((tag) => named.includes(tag));
  const labels = areIndices ? namesOfIndices(found, named) : namesOf(found, named);
  const indices = new Map(areIndices ? labels.map((_, i) => [String(i), i]) : labels.map((label, i) => [label, i]));
  return {
    labels,
    indexOf: (tag, where) => {
      const index = indices.get(tag);
      if (index !== undefined) return index;
      throw new StudioError(
        'E-DATA-LABEL',
        msg`${where}: the tag ${JSON.stringify(tag)} is not one of ${labels.slice(0, 12).join(', ')}${labels.length > 12 ? ', …' : ''}.`,
        {
          where,
          hint: msg`Correct the tag, or add training rows with it.`,
          safe: msg`Your file was only read, not changed.`,
        },
      );
    },
  };
}

/** Tags that are numbers count from 0, each an output of the head; a fraction, -100 or a million is none. */
function refuseOddNumbers(firstRows: ReadonlyMap<string, number>, found: readonly string[], table: Table): void {
  if (!found.every((tag) => Number.isFinite(Number(tag)))) return;
  const odd = found.find((tag) => !/^\d{1,4}$/.test(tag));
  if (odd === undefined) return;
  const where = whereOf(table, firstRows.get(odd)!);
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

function encode({ words, tags, where }: TaggedRow, space: TagSpace, source: TaskSource): EncodedRow {
  const { tokenizer, maxLength } = source;
  const { input_ids, attention_mask, token_type_ids, truncated, cutIds, wordIds } = tokenizer.encodeWords(words, {
    maxLength,
  });
  const labels = Int32Array.from(wordIds, (word, i) =>
    word === null || word === wordIds[i - 1] ? IGNORE_INDEX : space.indexOf(tags[word]!, where),
  );
  const example = {
    input_ids: Int32Array.from(input_ids),
    attention_mask: Uint8Array.from(attention_mask),
    ...(token_type_ids ? { token_type_ids: Uint8Array.from(token_type_ids) } : {}),
    labels,
  };
  return {
    examples: [example],
    length: input_ids.length + truncated,
    truncated,
    cutIds,
    targets: Array.from(labels, (tag) => (tag === IGNORE_INDEX ? null : space.labels[tag]!)),
  };
}

/** `B-person, I-person and 12 O`: the tags that say something, and how many say nothing. */
function summarize(tags: readonly string[]): string {
  const telling = [...new Set(tags.filter((tag) => tag !== 'O'))];
  const outside = tags.filter((tag) => tag === 'O').length;
  const shown = telling.slice(0, 6).join(', ') + (telling.length > 6 ? ', …' : '');
  return [shown, outside > 0 ? `${outside} × O` : ''].filter((part) => part !== '').join(' and ');
}
