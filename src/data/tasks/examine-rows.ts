// What a person should know of the rows before training on them: how they are parted and labelled, how long they are,
// which are empty or the same; and single rows as the model will see them.

import { blockOf, readRows, whereOf } from '#formats/table.ts';
import type { DataExamination, DataPart, TokenLengths, TokenPreview, ViewedRow } from '#protocol/messages.ts';
import type { PreTrainedTokenizer } from '#tokenizers/auto-tokenizer.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import { InMemoryDataset } from '../dataset.ts';
import { Slices, type WorkOptions } from '../work.ts';
import { featureKey } from './encode-rows.ts';
import { findingsOf } from './findings.ts';
import type { EncodedRow, RowTask, TaskData, TaskSource } from './row-task.ts';
import type { RowParts, RowSet } from './split-rows.ts';

const SAMPLED_ROWS = 500;
/** Rows of files in many blocks are taken from some of them: each has to be read as a whole. */
const SAMPLED_BLOCKS = 48;
/** So much text is tokenized to tell how long rows are: all of a small file. */
const COUNTED_CHARACTERS = 600_000;
/** A whole book need not be tokenized to be shown. */
const SHOWN_CHARACTERS = 200_000;
const BINS = 20;

const countRows = (sets: readonly RowSet[]): number => sets.reduce((sum, { numbers }) => sum + numbers.length, 0);

/** Characters of rows: what tokenizing them costs. */
function charactersOf({ numbers, facts }: RowSet): number {
  let sum = 0;
  for (const row of numbers) sum += facts.characters[row]!;
  return sum;
}

interface Sample<Row> {
  readonly rows: readonly Row[];
  readonly encoded: readonly EncodedRow[];
}

/** Evenly spaced training rows, and what becomes of them. */
async function sampleOf<Row>(task: RowTask<Row>, limit: number, { signal }: WorkOptions): Promise<Sample<Row>> {
  const { table } = task.train;
  const numbers = spacedRows(task.train, limit);
  const reader = task.reader(table);
  const slices = new Slices(signal);
  const rows: Row[] = [];
  const encoded: EncodedRow[] = [];
  const cells = await readRows(table, numbers);
  for (const [i, number] of numbers.entries()) {
    const row = shortened(task, reader.read(cells[i]!, number));
    rows.push(row);
    encoded.push(task.encode(row));
    await slices.giveWay();
  }
  return { rows, encoded };
}

function spacedRows(set: RowSet, limit: number): number[] {
  const { numbers, table } = set;
  const every = (of: ArrayLike<number>, count: number): number[] => {
    const stride = Math.max(1, Math.floor(of.length / count));
    return Array.from({ length: Math.ceil(of.length / stride) }, (_, i) => of[i * stride]!);
  };
  if (table.blocks.length <= SAMPLED_BLOCKS) return every(numbers, limit);
  const stride = table.blocks.length / SAMPLED_BLOCKS;
  const chosen = new Set(Array.from({ length: SAMPLED_BLOCKS }, (_, i) => Math.floor(i * stride)));
  return every(
    numbers.filter((row) => chosen.has(blockOf(table, row))),
    limit,
  );
}

const shortened = <Row>(task: RowTask<Row>, row: Row): Row => task.head?.(row, SHOWN_CHARACTERS) ?? row;

/** Some of the data, and what all of it comes to. */
export interface SampledData extends TaskData {
  /** Of all training rows; estimated where one row is not one example. */
  readonly trainExamples: number;
}

/** The examples of some rows, in training and validation alike: enough to tell how much memory a run takes. */
export async function sampleRows<Row>(task: RowTask<Row>, source: TaskSource, work: WorkOptions): Promise<SampledData> {
  const sample = await sampleOf(task, SAMPLED_ROWS, work);
  const { encoded } = sample;
  const examples = new InMemoryDataset(encoded.flatMap((row) => row.examples));
  const joined = task.join?.(examples, source.train.fileName);
  const dataset = joined ? new InMemoryDataset(joined) : examples;
  return {
    task: task.task,
    problemType: task.problemType,
    labels: task.labels,
    train: dataset,
    validation: countRows(task.validation) > 0 || source.validationFraction > 0 ? dataset : null,
    warnings: [],
    answers: new Map(),
    trainExamples: countExamples(task, sample, source),
  };
}

/** @throws StudioError as tokenizing does; the reason of the signal. */
export async function examineRows<Row>(
  task: RowTask<Row>,
  source: TaskSource,
  work: WorkOptions,
): Promise<DataExamination> {
  const { train, validation } = task;
  const perRow = charactersOf(train) / Math.max(1, train.numbers.length);
  const affordable = Math.max(SAMPLED_ROWS, Math.floor(COUNTED_CHARACTERS / Math.max(1, perRow)));
  const sample = await sampleOf(task, affordable, work);
  const kept = await keptLengths(task, source);
  const lengths = kept?.lengths ?? Int32Array.from(sample.encoded, ({ length }) => length);
  const cut = kept
    ? kept.truncated.reduce((sum, each) => sum + each, 0)
    : sample.encoded.filter(({ truncated }) => truncated > 0).length;
  const sorted = lengths.slice().sort();
  return {
    task: task.task,
    problemType: task.problemType,
    labels: task.labels,
    trainRows: train.numbers.length,
    validationRows: countRows(validation),
    trainExamples: countExamples(task, sample, source),
    trainCounts: task.countLabels(train),
    validationCounts: addUp(validation.map(task.countLabels)),
    lengths: describeLengths(sorted),
    findings: findingsOf(task),
    truncatedShare: cut / Math.max(1, lengths.length),
    longest: sorted.at(-1) ?? 0,
    warnings: task.warnings,
  };
}

/** Of all rows, where the file is tokenized already. Held-out rows are counted with those that are trained on. */
async function keptLengths<Row>(task: RowTask<Row>, source: TaskSource) {
  if (!source.features) return null;
  const rows = [task.train, ...task.validation].filter(({ table }) => table === source.train);
  const numbers = Int32Array.from(rows.flatMap((set) => [...set.numbers])).sort();
  const key = await featureKey(task, source, source.train, numbers);
  return key === null ? null : source.features.loadLengths(key);
}

const addUp = (counts: readonly (readonly number[])[]): number[] =>
  (counts[0] ?? []).map((_, i) => counts.reduce((sum, each) => sum + each[i]!, 0));

/** @param sorted ascending */
function describeLengths(sorted: Int32Array): TokenLengths {
  const longest = sorted.at(-1) ?? 0;
  const width = Math.max(1, Math.ceil((longest + 1) / BINS));
  const bins = Array.from({ length: Math.ceil((longest + 1) / width) }, (_, i) => ({
    from: i * width,
    to: (i + 1) * width - 1,
    count: 0,
  }));
  for (const length of sorted) bins[Math.floor(length / width)]!.count++;
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { counted: sorted.length, bins, percentile95: at(0.95), percentile99: at(0.99) };
}

/** Of all training rows: by the examples, or where they are joined by the tokens, that a character comes to. */
function countExamples<Row>(
  task: RowTask<Row>,
  { rows, encoded }: Sample<Row>,
  { maxLength, validationFraction, train }: TaskSource,
): number {
  const examples = encoded.reduce((sum, row) => sum + row.examples.length, 0);
  if (!task.join && examples === rows.length) return task.train.numbers.length;
  const tokens = encoded.reduce((sum, { length }) => sum + length, 0);
  const { inputs } = task.reader(train);
  const sampled = rows.reduce((sum, row) => sum + inputs(row).reduce((size, part) => size + part.length, 0), 0);
  const all = (task.join ? tokens / maxLength : examples) * (charactersOf(task.train) / Math.max(1, sampled));
  return Math.max(1, Math.round(all * (task.splitsExamples ? 1 - validationFraction : 1)));
}

export interface RowQuestion {
  readonly part: DataPart;
  /** From 0; past an end the row at that end. */
  readonly index: number;
  /** The next row from `index` on, or before it, whose text holds this. */
  readonly search?: { readonly text: string; readonly backwards: boolean } | undefined;
}

/** @returns null when the part has no such row. */
export async function viewRow<Row>(
  task: RowTask<Row>,
  { tokenizer }: TaskSource,
  { part, index, search }: RowQuestion,
  { signal }: WorkOptions,
): Promise<ViewedRow | null> {
  const rows = rowsOfPart(task, part);
  const start = Math.max(0, Math.min(index, rows.count - 1));
  const step = search?.backwards ? -1 : 1;
  const wanted = search?.text.toLowerCase();
  const slices = new Slices(signal);
  for (let at = start; at >= 0 && at < rows.count; at += step) {
    const { set, number } = rows.at(at);
    const reader = task.reader(set.table);
    const [cells] = await readRows(set.table, [number]);
    const row = shortened(task, reader.read(cells!, number));
    const isWanted = wanted === undefined || reader.inputs(row).some((text) => text.toLowerCase().includes(wanted));
    if (isWanted)
      return {
        index: at,
        rows: rows.count,
        where: whereOf(set.table, number),
        preview: previewOf(task, row, tokenizer),
      };
    await slices.giveWay();
  }
  return null;
}

/** All rows of a part one after another. */
function rowsOfPart({ train, validation }: RowParts, part: DataPart) {
  const sets = part === 'train' ? [train] : validation;
  return {
    count: countRows(sets),
    at: (index: number): { readonly set: RowSet; readonly number: number } => {
      let left = index;
      for (const set of sets) {
        if (left < set.numbers.length) return { set, number: set.numbers[left]! };
        left -= set.numbers.length;
      }
      throw new StudioError('E-INTERNAL', msg`Row ${index} was asked for, but there are only ${countRows(sets)}.`);
    },
  };
}

/** Tokens that are shown of what is cut off. */
const SHOWN_CUT = 200;

function previewOf<Row>(task: RowTask<Row>, row: Row, tokenizer: PreTrainedTokenizer): TokenPreview {
  const { examples, targets, truncated, cutIds = [] } = task.encode(row);
  const ids = Array.from(examples[0]!['input_ids'] as ArrayLike<number>);
  return {
    ...task.describe(row),
    tokens: tokenizer.tokens(ids),
    ids,
    targets,
    truncated,
    cutTokens: tokenizer.tokens(cutIds.slice(0, SHOWN_CUT)),
  };
}
