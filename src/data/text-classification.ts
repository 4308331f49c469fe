// Text classification and regression: tables and column roles → tokenized training and validation data. The worker and
// the runner prepare runs with it, and the studio's data screen examines with it.

import type { Table } from '#formats/table.ts';
import type { ColumnRoles, DataExamination, ProblemType, TokenPreview } from '#protocol/messages.ts';
import type { PreTrainedTokenizer } from '#tokenizers/auto-tokenizer.ts';
import { randperm } from '#util/mt19937.ts';
import { StudioError } from '#util/studio-error.ts';
import { readTaskRows, type TaskRow } from './columns.ts';
import { type Dataset, type Example, InMemoryDataset } from './dataset.ts';
import { inferProblemType, type LabelSpace, makeLabelSpace, type Target } from './label-space.ts';

export interface TextClassificationOptions {
  readonly train: Table;
  /** Null: rows are held out of `train`. */
  readonly validation: Table | null;
  readonly roles: ColumnRoles;
  /** Share of `train` to hold out when there is no validation file, in [0, 1). */
  readonly validationFraction: number;
  readonly splitSeed: number;
  /** Longest input in tokens, special tokens included. */
  readonly maxLength: number;
  readonly tokenizer: PreTrainedTokenizer;
  /** Labels by index as the model's config names them; empty, or LABEL_0, LABEL_1, … for none. */
  readonly configLabels: readonly string[];
  /** Undefined: told from the label column. */
  readonly problemType?: ProblemType | undefined;
}

export interface TextClassificationData {
  readonly problemType: ProblemType;
  /** In index order; a single one in regression. */
  readonly labels: readonly string[];
  readonly train: Dataset;
  readonly validation: Dataset | null;
  readonly warnings: readonly string[];
  /** Rows for each label; empty for regression. */
  readonly trainCounts: readonly number[];
  readonly validationCounts: readonly number[];
}

interface LabelledRow {
  readonly row: TaskRow;
  readonly target: Target;
}

interface ResolvedTask {
  readonly space: LabelSpace;
  readonly train: readonly LabelledRow[];
  readonly validation: readonly LabelledRow[];
  readonly trainCounts: readonly number[];
  readonly validationCounts: readonly number[];
  readonly warnings: string[];
}

/** Fields whose numbers are floats, for the collator: targets of BCE and MSE losses. */
export function floatFieldsOf(problemType: ProblemType): readonly string[] {
  return problemType === 'single_label_classification' ? [] : ['labels'];
}

/**
 * Tokenizes all rows, giving way to other work now and then.
 *
 * Examples hold `input_ids` Int32Array, `attention_mask` and (where the tokenizer has it) `token_type_ids` Uint8Array,
 * and `labels`: an index, a list of 0 and 1, or a value, by the problem type.
 *
 * @throws StudioError E-DATA-COLUMN, E-DATA-LABEL, E-ARGS: see `columns.ts` and `label-space.ts`.
 */
export async function prepareTextClassification(
  options: TextClassificationOptions,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<TextClassificationData> {
  const { space, train, validation, warnings, ...counts } = resolveTask(options);
  const total = train.length + validation.length;
  const trainData = await tokenizeRows(train, options, (done) => onProgress(done, total));
  const validationData = await tokenizeRows(validation, options, (done) => onProgress(train.length + done, total));
  if (trainData.truncated > 0) {
    warnings.push(
      `${trainData.truncated} of ${train.length} training texts are longer than ${options.maxLength} tokens and were cut.`,
    );
  }
  return {
    problemType: space.problemType,
    labels: space.labels,
    train: trainData.dataset,
    validation: validation.length > 0 ? validationData.dataset : null,
    warnings,
    ...counts,
  };
}

/** Rows and their targets, split; nothing is tokenized. */
function resolveTask(options: TextClassificationOptions): ResolvedTask {
  const { train: table, validation: validationTable, roles, configLabels } = options;
  const warnings = [...table.warnings, ...(validationTable?.warnings ?? [])];
  const rows = readTaskRows(table, roles, warnings);
  const problemType = options.problemType ?? inferProblemType(rows.map(({ label }) => label));
  const space = makeLabelSpace(rows, problemType, configLabels, table.fileName);
  const labelled = rows.map((row) => ({ row, target: space.targetOf(row, table.fileName) }));
  const split = validationTable === null ? splitRows(labelled, options, warnings) : null;
  const train = split?.train ?? labelled;
  const validation = split?.validation ?? labelRows(validationTable!, roles, space, warnings);
  const trainCounts = countLabels(train, space);
  const validationCounts = countLabels(validation, space);
  warnings.push(...labelWarnings(space, train.length, trainCounts));
  return { space, train, validation, trainCounts, validationCounts, warnings };
}

function labelRows(table: Table, roles: ColumnRoles, space: LabelSpace, warnings: string[]): LabelledRow[] {
  return readTaskRows(table, roles, warnings).map((row) => ({ row, target: space.targetOf(row, table.fileName) }));
}

/** Holds the first round(n · fraction) rows of a seeded permutation out; both parts keep the order of the file. */
function splitRows<T>(
  rows: readonly T[],
  { validationFraction, splitSeed }: TextClassificationOptions,
  warnings: string[],
): { train: T[]; validation: T[] } {
  if (!(validationFraction >= 0 && validationFraction < 1)) {
    throw new StudioError(
      'E-ARGS',
      `The share of rows held out for validation is ${validationFraction}, but has to be at least 0 and below 1.`,
      { where: 'validation_fraction' },
    );
  }
  const count = Math.round(rows.length * validationFraction);
  if (count === rows.length) {
    throw new StudioError(
      'E-ARGS',
      `Holding out ${validationFraction} of ${rows.length} rows leaves none to train on.`,
      { where: 'validation_fraction', hint: 'Hold out a smaller share, or add rows.' },
    );
  }
  if (count === 0 && validationFraction > 0)
    warnings.push(
      `${rows.length} rows are too few to hold ${Math.round(validationFraction * 100)} % of them out; there will be no validation.`,
    );
  const heldOut = new Set(randperm(rows.length, splitSeed).subarray(0, count));
  return { train: rows.filter((_, i) => !heldOut.has(i)), validation: rows.filter((_, i) => heldOut.has(i)) };
}

function countLabels(rows: readonly LabelledRow[], { problemType, labels }: LabelSpace): number[] {
  if (problemType === 'regression') return [];
  const counts = labels.map(() => 0);
  for (const { target } of rows) {
    if (typeof target === 'number') counts[target]!++;
    else
      target.forEach((hot, i) => {
        counts[i]! += hot;
      });
  }
  return counts;
}

function labelWarnings({ problemType, labels }: LabelSpace, rows: number, counts: readonly number[]): string[] {
  if (problemType === 'regression') return [];
  const unused = labels.filter((_, i) => counts[i] === 0);
  const shown = unused.slice(0, 5).join(', ');
  const noRows =
    unused.length === 0
      ? []
      : [
          `${unused.length} of ${labels.length} labels have no training row: ${shown}${unused.length > 5 ? ', …' : ''}.`,
        ];
  const many = labels.length > 20 && labels.length > rows / 4;
  return many
    ? [...noRows, `There are ${labels.length} labels for ${rows} training rows. Is this the right label column?`]
    : noRows;
}

/** Characters to tokenize before giving way: some tens of milliseconds of work. */
const CHARACTERS_AT_ONCE = 100_000;

async function tokenizeRows(
  rows: readonly LabelledRow[],
  { tokenizer, maxLength }: TextClassificationOptions,
  onProgress: (done: number) => void,
) {
  const examples: Example[] = [];
  let truncated = 0;
  let characters = 0;
  for (const { row, target } of rows) {
    const encoding = tokenizer.encode(row.text, row.textPair, { maxLength });
    if (encoding.truncated > 0) truncated++;
    examples.push({
      input_ids: Int32Array.from(encoding.input_ids),
      attention_mask: Uint8Array.from(encoding.attention_mask),
      ...(encoding.token_type_ids ? { token_type_ids: Uint8Array.from(encoding.token_type_ids) } : {}),
      labels: target,
    });
    characters += row.text.length + (row.textPair?.length ?? 0);
    if (characters >= CHARACTERS_AT_ONCE) {
      characters = 0;
      onProgress(examples.length);
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
  onProgress(examples.length);
  return { dataset: new InMemoryDataset(examples), truncated };
}

const SAMPLED_ROWS = 500;

/** What the model will see of the first rows, and how much truncation cuts in a sample of evenly spaced ones. */
export function examineTextClassification(options: TextClassificationOptions, previewRows: number): DataExamination {
  const { space, train, validation, trainCounts, validationCounts, warnings } = resolveTask(options);
  const stride = Math.max(1, Math.floor(train.length / SAMPLED_ROWS));
  const sample = train.filter((_, i) => i % stride === 0);
  const lengths = sample.map(
    ({ row }) => options.tokenizer.encode(row.text, row.textPair, { maxLength: null }).input_ids.length,
  );
  const cut = lengths.filter((length) => length > options.maxLength).length;
  return {
    problemType: space.problemType,
    labels: space.labels,
    trainRows: train.length,
    validationRows: validation.length,
    trainCounts,
    validationCounts,
    previews: train.slice(0, previewRows).map((labelled) => previewOf(labelled, space, options)),
    truncatedShare: cut / lengths.length,
    longest: lengths.reduce((longest, length) => Math.max(longest, length), 0),
    warnings,
  };
}

function previewOf(
  { row, target }: LabelledRow,
  { labels, problemType }: LabelSpace,
  { tokenizer, maxLength }: TextClassificationOptions,
): TokenPreview {
  const { input_ids: ids, truncated } = tokenizer.encode(row.text, row.textPair, { maxLength });
  return {
    text: row.text,
    textPair: row.textPair,
    label: describeTarget(target, labels, problemType),
    tokens: tokenizer.tokens(ids),
    ids,
    truncated,
  };
}

function describeTarget(target: Target, labels: readonly string[], problemType: ProblemType): string {
  if (typeof target === 'number') return problemType === 'regression' ? String(target) : labels[target]!;
  return labels.filter((_, i) => target[i] === 1).join(', ');
}
