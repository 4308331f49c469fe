// A task over the rows of a data file: how rows are read, made into examples and shown. Every task gives one of these;
// preparing and examining are the same for all.

import type { CellObject, Table } from '#formats/table.ts';
import type { DataExamination, ProblemType, TokenPreview } from '#protocol/messages.ts';
import type { TaskOptions } from '#protocol/task-options.ts';
import type { ColumnRoles } from '#protocol/task-roles.ts';
import type { PreTrainedTokenizer } from '#tokenizers/auto-tokenizer.ts';
import { IGNORE_INDEX } from '#util/ignore-index.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import type { Task } from '#util/task.ts';
import { type Dataset, type Example, InMemoryDataset } from '../dataset.ts';
import type { AnswerFeature } from './answer-feature.ts';
import { type RowSet, splitRows, type ValidationTables } from './split-rows.ts';

/** A data set with what is to be made of it. */
export interface TaskSource {
  readonly train: Table;
  /** Null: rows are held out of `train`. */
  readonly validation: ValidationTables;
  readonly roles: ColumnRoles;
  readonly options: TaskOptions;
  /** Share of `train` to hold out when there is no validation file, in [0, 1). */
  readonly validationFraction: number;
  readonly splitSeed: number;
  /** Longest input in tokens, special tokens included. */
  readonly maxLength: number;
  readonly tokenizer: PreTrainedTokenizer;
  /** Labels by index as the model's config names them; empty, or LABEL_0, LABEL_1, … for none. */
  readonly configLabels: readonly string[];
  /** Of text classification. Undefined: told from the label column. */
  readonly problemType?: ProblemType | undefined;
}

/** What becomes of one row. */
export interface EncodedRow {
  /** Several where a long text is read in several windows. */
  readonly examples: readonly Example[];
  /** Tokens of the whole row, uncut. */
  readonly length: number;
  /** Tokens that were cut off. */
  readonly truncated: number;
  /** See `TokenPreview`: of the first example. */
  readonly targets: readonly (string | null)[] | null;
}

export interface RowTask<Row> {
  readonly task: Task;
  readonly problemType: ProblemType;
  readonly labels: readonly string[];
  readonly train: readonly Row[];
  readonly validation: readonly RowSet<Row>[];
  readonly warnings: readonly string[];
  readonly encode: (row: Row) => EncodedRow;
  /** Characters of a row: what tokenizing it costs. */
  readonly sizeOf: (row: Row) => number;
  readonly countLabels: (rows: readonly Row[]) => number[];
  readonly describe: (row: Row) => Pick<TokenPreview, 'text' | 'textPair' | 'label'>;
  /** The row as it is used, under the names of its columns: labels by name, texts as texts. */
  readonly recordOf: (row: Row) => CellObject;
  /** Makes other examples of all those of a part, such as blocks of one length. */
  readonly join?: (examples: readonly Example[], fileName: string) => Example[];
  /** The beginning of a row, for a look at one that is long. */
  readonly head?: (row: Row, characters: number) => Row;
  /** There are no rows to hold out, but examples. */
  readonly splitsExamples?: boolean;
  /** What is needed to read answers out of the logits of the rows' examples. */
  readonly answersOf?: (rows: readonly Row[]) => AnswerFeature[];
}

/** The rows that are used, after the split, for a program that makes the same examples of them. */
export interface TaskRecords {
  readonly problemType: ProblemType;
  readonly labels: readonly string[];
  readonly train: readonly CellObject[];
  /** Without a name: the only one. None where nothing is held out, or `splitsExamples`. */
  readonly validation: readonly { readonly name: string | null; readonly rows: readonly CellObject[] }[];
  /** There are no rows to hold out, but examples: with `validationFraction` and `splitSeed`, as `splitRows` does. */
  readonly splitsExamples: boolean;
}

export const recordRows = <Row>(task: RowTask<Row>): TaskRecords => ({
  problemType: task.problemType,
  labels: task.labels,
  train: task.train.map(task.recordOf),
  validation: task.validation
    .filter(({ rows }) => rows.length > 0)
    .map(({ name, rows }) => ({ name, rows: rows.map(task.recordOf) })),
  splitsExamples: task.splitsExamples ?? false,
});

/** Tokenized data, ready to be trained on. */
export interface TaskData {
  readonly task: Task;
  readonly problemType: ProblemType;
  /** In index order; a single one in regression; empty where a task has none. */
  readonly labels: readonly string[];
  readonly train: Dataset;
  /** Several by name. */
  readonly validation: Dataset | Readonly<Record<string, Dataset>> | null;
  readonly warnings: readonly string[];
  /** Of question answering: of each validation set one for each example. Else empty. */
  readonly answers: ReadonlyMap<Dataset, readonly AnswerFeature[]>;
}

/** Tokenizes all rows, giving way to other work now and then. */
export async function prepareRows<Row>(
  task: RowTask<Row>,
  source: TaskSource,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<TaskData> {
  const { train, validation } = task;
  const total = train.length + countRows(validation);
  const warnings = [...task.warnings];
  const encoded = await encodeRows(train, task, (done) => onProgress(done, total));
  if (encoded.truncated > 0) {
    warnings.push(
      msg`${encoded.truncated} of ${train.length} training texts are longer than ${source.maxLength} tokens and were cut.`,
    );
  }
  warnings.push(...muteExamples(encoded.examples, source));
  const joined = task.join?.(encoded.examples, source.train.fileName) ?? encoded.examples;
  const parts = task.splitsExamples
    ? splitExamples(joined, source, warnings)
    : { train: joined, sets: await encodeSets(task, (done) => onProgress(train.length + done, total)) };
  return {
    task: task.task,
    problemType: task.problemType,
    labels: task.labels,
    train: new InMemoryDataset(parts.train),
    validation: validationOf(parts.sets),
    warnings,
    answers: new Map(parts.sets.flatMap(({ dataset, answers }) => (answers ? [[dataset, answers] as const] : []))),
  };
}

interface EncodedSet {
  readonly name: string | null;
  readonly dataset: Dataset;
  readonly answers: readonly AnswerFeature[] | null;
}

const countRows = (sets: readonly RowSet<unknown>[]): number => sets.reduce((sum, { rows }) => sum + rows.length, 0);

async function encodeSets<Row>(task: RowTask<Row>, onProgress: (done: number) => void): Promise<EncodedSet[]> {
  const sets: EncodedSet[] = [];
  let before = 0;
  for (const { name, fileName, rows } of task.validation.filter((set) => set.rows.length > 0)) {
    const { examples } = await encodeRows(rows, task, (done) => onProgress(before + done));
    const dataset = new InMemoryDataset(task.join?.(examples, fileName) ?? examples);
    sets.push({ name, dataset, answers: task.answersOf?.(rows) ?? null });
    before += rows.length;
  }
  return sets;
}

function splitExamples(joined: readonly Example[], source: TaskSource, warnings: string[]) {
  const { train, validation } = splitRows(joined, source, warnings);
  const held = { name: null, dataset: new InMemoryDataset(validation), answers: null };
  return { train, sets: validation.length > 0 ? [held] : [] };
}

/** A single set without a name is one data set. */
function validationOf(sets: readonly EncodedSet[]): TaskData['validation'] {
  const [first] = sets;
  if (!first || first.name === null) return first?.dataset ?? null;
  return Object.fromEntries(sets.map(({ name, dataset }) => [name, dataset]));
}

/**
 * Tells of examples all of whose labels are ignored: chats without an assistant, prompts as long as the model reads.
 * @throws StudioError E-DATA-LABEL when all are so.
 */
function muteExamples(examples: readonly Example[], { train, maxLength }: TaskSource): string[] {
  const isMute = ({ labels }: Example): boolean =>
    labels instanceof Int32Array && labels.every((label) => label === IGNORE_INDEX);
  const mute = examples.filter(isMute).length;
  if (mute === 0) return [];
  const message = msg`${mute} of ${examples.length} training texts have nothing to learn within ${maxLength} tokens`;
  if (mute < examples.length) return [`${message}.`];
  throw new StudioError('E-DATA-LABEL', `${train.fileName}: ${message}.`, {
    where: train.fileName,
    hint: msg`Chats need a message of the assistant, prompts a completion, and max_length has to reach it.`,
    safe: msg`Your file was only read, not changed.`,
  });
}

/** Characters to tokenize before giving way: some tens of milliseconds of work. */
const CHARACTERS_AT_ONCE = 100_000;

async function encodeRows<Row>(rows: readonly Row[], task: RowTask<Row>, onProgress: (done: number) => void) {
  const examples: Example[] = [];
  let truncated = 0;
  let characters = 0;
  for (const [done, row] of rows.entries()) {
    const encoded = task.encode(row);
    if (encoded.truncated > 0) truncated++;
    for (const example of encoded.examples) examples.push(example);
    characters += task.sizeOf(row);
    if (characters >= CHARACTERS_AT_ONCE) {
      characters = 0;
      onProgress(done + 1);
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
  onProgress(rows.length);
  return { examples, truncated };
}

const SAMPLED_ROWS = 500;
/** A whole book need not be tokenized to be shown. */
const SAMPLED_CHARACTERS = 200_000;

/** Evenly spaced rows, and what becomes of them. */
function sampleOf<Row>(task: RowTask<Row>) {
  const stride = Math.max(1, Math.floor(task.train.length / SAMPLED_ROWS));
  const sampled = task.train.filter((_, i) => i % stride === 0).map((row) => shortened(task, row));
  return { sampled, sample: sampled.map(task.encode) };
}

const shortened = <Row>(task: RowTask<Row>, row: Row): Row => task.head?.(row, SAMPLED_CHARACTERS) ?? row;

/** The examples of some rows, in training and validation alike: enough to tell how much memory a run takes. */
export function sampleRows<Row>(task: RowTask<Row>, { train: { fileName }, validationFraction }: TaskSource): TaskData {
  const examples = sampleOf(task).sample.flatMap((row) => row.examples);
  const dataset = new InMemoryDataset(task.join?.(examples, fileName) ?? examples);
  return {
    task: task.task,
    problemType: task.problemType,
    labels: task.labels,
    train: dataset,
    validation: countRows(task.validation) > 0 || validationFraction > 0 ? dataset : null,
    warnings: [],
    answers: new Map(),
  };
}

/** What the model will see of the first rows, and how much truncation cuts in a sample of evenly spaced ones. */
export function examineRows<Row>(task: RowTask<Row>, source: TaskSource, previewRows: number): DataExamination {
  const { train, validation } = task;
  const { sampled, sample } = sampleOf(task);
  const shown = train.slice(0, previewRows).map((row) => shortened(task, row));
  return {
    task: task.task,
    problemType: task.problemType,
    labels: task.labels,
    trainRows: train.length,
    validationRows: countRows(validation),
    trainExamples: countExamples(task, sampled, sample, source),
    trainCounts: task.countLabels(train),
    validationCounts: task.countLabels(validation.flatMap(({ rows }) => rows)),
    previews: shown.map((row) => previewOf(task, row, source.tokenizer)),
    truncatedShare: sample.filter(({ truncated }) => truncated > 0).length / Math.max(1, sample.length),
    longest: sample.reduce((longest, { length }) => Math.max(longest, length), 0),
    warnings: task.warnings,
  };
}

/** Of all training rows: by the examples, or where they are joined by the tokens, that a character comes to. */
function countExamples<Row>(
  task: RowTask<Row>,
  sampled: readonly Row[],
  encoded: readonly EncodedRow[],
  { maxLength, validationFraction }: TaskSource,
): number {
  const examples = encoded.reduce((sum, row) => sum + row.examples.length, 0);
  if (!task.join && examples === sampled.length) return task.train.length;
  const tokens = encoded.reduce((sum, { length }) => sum + length, 0);
  const size = (rows: readonly Row[]): number => rows.reduce((sum, row) => sum + task.sizeOf(row), 0);
  const all = (task.join ? tokens / maxLength : examples) * (size(task.train) / Math.max(1, size(sampled)));
  return Math.max(1, Math.round(all * (task.splitsExamples ? 1 - validationFraction : 1)));
}

function previewOf<Row>(task: RowTask<Row>, row: Row, tokenizer: PreTrainedTokenizer): TokenPreview {
  const { examples, targets, truncated } = task.encode(row);
  const ids = Array.from(examples[0]!['input_ids'] as ArrayLike<number>);
  return { ...task.describe(row), tokens: tokenizer.tokens(ids), ids, targets, truncated };
}
