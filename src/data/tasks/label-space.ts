// What the labels of a data set mean: which problem it is, which labels there are and in which order, and the target
// of each row. `text-classification.ts` composes it.

import { type Cell, isCellObject, isCellList as isList, listPlaces, type Table } from '#formats/table.ts';
import type { ProblemType } from '#protocol/messages.ts';
import { compareCodePoints } from '#util/hf-json.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import type { LabelColumn, NotedCell } from './label-column.ts';

/** Index of the label; 0 or 1 for each label; or the value. */
export type Target = number | readonly number[];

/** A label of a row, and where the row stands. */
export interface LabelledCell {
  readonly label: Cell;
  readonly where: string;
}

export interface LabelSpace {
  readonly problemType: ProblemType;
  /** In index order; one, for the value, in regression. */
  readonly labels: readonly string[];
  /** @throws StudioError E-DATA-LABEL for a label that is not in `labels`, or no number. */
  targetOf(cell: LabelledCell): Target;
}

/** Where the rows come from, and who is told what is odd about them. */
interface Source {
  readonly table: Table;
  readonly warnings: string[];
}

/** Names that mean something: LABEL_0, LABEL_1, … are what HF calls labels that nobody named. */
export const namedLabels = (configLabels: readonly string[]): readonly string[] =>
  configLabels.every((label) => /^LABEL_\d+$/.test(label)) ? [] : configLabels;

const textOf = (value: Cell): string => (isCellObject(value) ? JSON.stringify(value) : String(value).trim());
const isNumeric = (text: string): boolean => text !== '' && Number.isFinite(Number(text));
const isInteger = (text: string): boolean => /^-?\d+$/.test(text);

/**
 * As HF tells it from the type of the column: floats → regression, lists → multi-label, anything else → single label.
 * @param cells different ones are enough
 */
export function inferProblemType(cells: readonly Cell[]): ProblemType {
  if (cells.some(isList)) return 'multi_label_classification';
  const texts = cells.map(textOf);
  const isFloat = texts.every(isNumeric) && !texts.every(isInteger);
  return isFloat ? 'regression' : 'single_label_classification';
}

/**
 * @param column labels of the training rows, with those held out of the same file
 * @param configLabels labels that the model's config names in index order; empty, or LABEL_0, LABEL_1, … for none
 * @param warnings told where the data's labels are others than the model's: as in HF's scripts, they count.
 * @throws StudioError E-DATA-LABEL for a single class, or targets that are no numbers.
 */
export function makeLabelSpace(
  column: LabelColumn,
  problemType: ProblemType,
  configLabels: readonly string[],
  source: Source,
): LabelSpace {
  const named = namedLabels(configLabels);
  switch (problemType) {
    case 'regression':
      return { problemType, labels: [named.length === 1 ? named[0]! : 'LABEL_0'], targetOf: numberTarget };
    case 'single_label_classification':
      return singleLabelSpace(column, named, source);
    case 'multi_label_classification':
      return multiLabelSpace(column, named, source);
    default:
      return problemType satisfies never;
  }
}

function numberTarget({ label, where }: LabelledCell): number {
  const text = textOf(label);
  if (isNumeric(text)) return Number(text);
  throw labelError(
    where,
    msg`the label ${JSON.stringify(text)} is not a number, but this is a regression.`,
    msg`Choose a column with numbers, or set the problem type to single label.`,
  );
}

function labelError(where: string, message: string, hint: string): StudioError {
  return new StudioError('E-DATA-LABEL', `${where}: ${message}`, {
    where,
    hint,
    safe: msg`Your file was only read, not changed.`,
  });
}

function singleLabelSpace(column: LabelColumn, named: readonly string[], source: Source): LabelSpace {
  const found = sortLabels(new Set(column.values.map(textOf)));
  if (found.length < 2) {
    throw labelError(
      source.table.fileName,
      msg`all ${column.rows} rows have the same label, ${JSON.stringify(found[0])}. There is nothing to tell apart.`,
      msg`Check that the right column is chosen as the label, and add rows of other labels.`,
    );
  }
  const { labels, indexOf } = indexer(found, named, column.cells, source);
  return {
    problemType: 'single_label_classification',
    labels,
    targetOf: ({ label, where }) => indexOf(textOf(label), where),
  };
}

/** Numbers by value if there is nothing else, else texts by code point. */
function sortLabels(labels: ReadonlySet<string>): string[] {
  const sorted = [...labels];
  return sorted.every(isNumeric)
    ? sorted.sort((a, b) => Number(a) - Number(b) || compareCodePoints(a, b))
    : sorted.sort(compareCodePoints);
}

type LabelIndexer = (label: string, where: string) => number;

/**
 * Label → index: by the model's names where it names all of the data's; by number where a model with names meets data with
 * 0 … n−1; else by the data's own names.
 */
function indexer(
  found: readonly string[],
  named: readonly string[],
  rows: readonly NotedCell[],
  { table, warnings }: Source,
): { readonly labels: readonly string[]; readonly indexOf: LabelIndexer } {
  const unknown = named.length > 0 ? found.filter((label) => !named.includes(label)) : [];
  const areIndices =
    unknown.length > 0 &&
    found.every((label) => isInteger(label) && Number(label) >= 0 && Number(label) < named.length);
  const areOthers = unknown.length > 0 && !areIndices;
  if (areOthers) warnings.push(otherLabels(unknown, named, rows, table));
  const labels = named.length > 0 && !areOthers ? named : found;
  const indices = new Map(areIndices ? labels.map((_, i) => [String(i), i]) : labels.map((label, i) => [label, i]));
  const indexOf: LabelIndexer = (label, where) => {
    const index = indices.get(label);
    if (index !== undefined) return index;
    throw labelError(
      where,
      msg`the label ${JSON.stringify(label)} does not occur in the training data, which has ${quoteSome(labels)}.`,
      msg`Correct the label, or add training rows with it.`,
    );
  };
  return { labels, indexOf };
}

function otherLabels(
  unknown: readonly string[],
  named: readonly string[],
  rows: readonly NotedCell[],
  table: Table,
): string {
  const others = rows.filter(({ label }) => unknown.includes(textOf(label)));
  const count = others.reduce((sum, { rows: all }) => sum + all, 0);
  const lines = listPlaces(
    table,
    others.map(({ row }) => row),
    count,
  );
  return msg`${table.fileName}: the model knows the labels ${quoteSome(named)}, but the data has ${quoteSome(unknown)} (lines ${lines}). The labels of the data count.`;
}

function quoteSome(labels: readonly string[]): string {
  const shown = labels
    .slice(0, 10)
    .map((label) => JSON.stringify(label))
    .join(', ');
  return labels.length > 10 ? msg`${shown} and ${labels.length - 10} more` : shown;
}

function multiLabelSpace(column: LabelColumn, named: readonly string[], source: Source): LabelSpace {
  const width = multiHotWidth(column.values);
  if (width !== null) return multiHotSpace(width, named, source);
  const found = sortLabels(new Set(column.values.flatMap(labelsIn)));
  if (found.length === 0)
    throw labelError(
      source.table.fileName,
      msg`no row has any label.`,
      msg`Check that the right column is chosen as the label.`,
    );
  const asRows = column.cells.flatMap((row) => labelsIn(row.label).map((label) => ({ ...row, label })));
  const { labels, indexOf } = indexer(found, named, asRows, source);
  return {
    problemType: 'multi_label_classification',
    labels,
    targetOf: ({ label, where }) => {
      const hot = new Set(labelsIn(label).map((name) => indexOf(name, where)));
      return labels.map((_, i) => (hot.has(i) ? 1 : 0));
    },
  };
}

/** The labels of one row: of a list its elements, of a text its parts between commas, semicolons or bars. */
function labelsIn(cell: Cell): string[] {
  const parts = isList(cell)
    ? cell.map(textOf)
    : textOf(cell)
        .split(/[,;|]/)
        .map((part) => part.trim());
  return parts.filter((part) => part !== '');
}

/** The common length of all lists if they are rows of zeros and ones, one for each label; null if they name labels. */
function multiHotWidth(cells: readonly Cell[]): number | null {
  const [first] = cells;
  const width = first !== undefined && isList(first) ? first.length : 0;
  const isMultiHot = (cell: Cell): boolean =>
    isList(cell) && cell.length === width && cell.every((value) => value === 0 || value === 1);
  return width > 1 && cells.every(isMultiHot) ? width : null;
}

function multiHotSpace(width: number, named: readonly string[], { table, warnings }: Source): LabelSpace {
  const areOthers = named.length > 0 && named.length !== width;
  if (areOthers)
    warnings.push(
      msg`${table.fileName}: the lists of the label column have ${width} entries, but the model has ${named.length} labels (${quoteSome(named)}). The entries of the data count.`,
    );
  return {
    problemType: 'multi_label_classification',
    labels: named.length > 0 && !areOthers ? named : Array.from({ length: width }, (_, i) => `LABEL_${i}`),
    targetOf: ({ label, where }) => {
      if (isList(label) && label.length === width && label.every((value) => value === 0 || value === 1))
        return label as readonly number[];
      throw labelError(
        where,
        msg`the label ${JSON.stringify(label)} is not a list of ${width} zeros and ones, as in the training data.`,
        msg`Correct this row.`,
      );
    },
  };
}
