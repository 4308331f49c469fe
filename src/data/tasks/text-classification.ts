// Text classification and regression: a text, or two, and its label on each row.

import { type Cell, type CellObject, type Table, whereOf } from '#formats/table.ts';
import type { ProblemType } from '#protocol/messages.ts';
import type { WorkOptions } from '../work.ts';
import { columnOf, textColumn } from './columns.ts';
import { LabelColumn } from './label-column.ts';
import { inferProblemType, type LabelSpace, makeLabelSpace, type Target } from './label-space.ts';
import { labelWarnings } from './label-warnings.ts';
import type { RowReader } from './row-reader.ts';
import {
  type EncodedRow,
  partsOf,
  type RowTask,
  rolesIn,
  type SurveyedFile,
  surveyFiles,
  surveyWarnings,
  type TaskSource,
} from './row-task.ts';
import { type RowSet, tableWarnings } from './split-rows.ts';

interface LabelledRow {
  readonly text: string;
  readonly textPair: string | null;
  readonly label: Cell;
  readonly where: string;
}

/** Fields whose numbers are floats, for the collator: targets of BCE and MSE losses. */
export function floatFieldsOf(problemType: ProblemType): readonly string[] {
  return problemType === 'single_label_classification' ? [] : ['labels'];
}

/**
 * Examples hold `input_ids` Int32Array, `attention_mask` and (where the tokenizer has it) `token_type_ids` Uint8Array,
 * and `labels`: an index, a list of 0 and 1, or a value, by the problem type.
 *
 * @throws StudioError E-DATA-COLUMN, E-DATA-LABEL, E-ARGS: see `columns.ts` and `label-space.ts`.
 */
export async function textClassification(source: TaskSource, work: WorkOptions): Promise<RowTask<LabelledRow>> {
  const reader = (table: Table): RowReader<LabelledRow> => readerOf(table, source);
  const files = await surveyFiles(source, 'text-classification', (table) => noteLabels(table, reader(table)), work);
  const warnings = [...tableWarnings(source), ...surveyWarnings(files)];
  const labels = files.train.notes;
  const problemType = source.problemType ?? inferProblemType(labels.values);
  const space = makeLabelSpace(labels, problemType, source.configLabels, { table: source.train, warnings });
  const targets = new Map(
    [files.train, ...files.validation].map((file) => [file.table, targetsOf(file, space)] as const),
  );
  const isSingle = problemType === 'single_label_classification';
  const classes = isSingle
    ? labels.codes.map((code) => (code < 0 ? -1 : (targets.get(source.train)!.of[code] as number)))
    : null;
  const parts = partsOf(files, source, classes, warnings);
  const countLabels = (set: RowSet): number[] => countTargets(set, targets.get(set.table)!, space);
  if (problemType !== 'regression')
    warnings.push(...labelWarnings(space.labels, parts.train.numbers.length, countLabels(parts.train)));
  return {
    task: 'text-classification',
    problemType,
    labels: space.labels,
    ...parts,
    warnings,
    reader,
    encode: (row) => encode(row, space, source),
    countLabels,
    describe: (row) => ({
      text: row.text,
      textPair: row.textPair,
      label: describeTarget(space.targetOf(row), space),
    }),
    recordOf: (row) => recordOf(row, space, source),
  };
}

function readerOf(table: Table, source: TaskSource): RowReader<LabelledRow> {
  const roles = rolesIn(source, table);
  const text = textColumn(table, roles, 'text');
  const textPair = roles.textPair === undefined ? null : textColumn(table, roles, 'textPair');
  const label = columnOf(table, roles, 'label');
  return {
    read: (cells, number) => ({
      text: text(cells, number),
      textPair: textPair?.(cells, number) ?? null,
      label: label(cells),
      where: whereOf(table, number),
    }),
    inputs: (row) => (row.textPair === null ? [row.text] : [row.text, row.textPair]),
    textColumn: roles.text!,
    needed: { cellOf: (row) => row.label, what: 'label', column: roles.label! },
  };
}

function noteLabels(table: Table, reader: RowReader<LabelledRow>) {
  const column = new LabelColumn(table.rowCount);
  const note = ({ label }: LabelledRow, number: number): void => column.add(label, number);
  return { reader: { ...reader, note }, notes: () => column };
}

/** Target of each different label of a file, by its code. */
interface FileTargets {
  readonly of: readonly Target[];
  readonly codes: Int32Array;
}

/** @throws StudioError E-DATA-LABEL for the first label that the training rows do not have. */
function targetsOf({ table, notes }: SurveyedFile<LabelColumn>, space: LabelSpace): FileTargets {
  const rows = new Map<Cell, number>();
  for (const { label, row } of notes.cells) if (!rows.has(label)) rows.set(label, row);
  const of = notes.values.map((label) => space.targetOf({ label, where: whereOf(table, rows.get(label)!) }));
  return { of, codes: notes.codes };
}

function countTargets({ numbers }: RowSet, { of, codes }: FileTargets, { problemType, labels }: LabelSpace): number[] {
  if (problemType === 'regression') return [];
  const counts = labels.map(() => 0);
  for (const row of numbers) {
    const target = of[codes[row]!]!;
    if (typeof target === 'number') counts[target]!++;
    else
      target.forEach((hot, i) => {
        counts[i]! += hot;
      });
  }
  return counts;
}

function encode(row: LabelledRow, space: LabelSpace, { tokenizer, maxLength }: TaskSource): EncodedRow {
  const { input_ids, attention_mask, token_type_ids, truncated, cutIds } = tokenizer.encode(row.text, row.textPair, {
    maxLength,
  });
  const example = {
    input_ids: Int32Array.from(input_ids),
    attention_mask: Uint8Array.from(attention_mask),
    ...(token_type_ids ? { token_type_ids: Uint8Array.from(token_type_ids) } : {}),
    labels: space.targetOf(row),
  };
  return { examples: [example], length: input_ids.length + truncated, truncated, cutIds, targets: null };
}

function recordOf(row: LabelledRow, space: LabelSpace, { roles }: TaskSource): CellObject {
  return {
    [roles.text!]: row.text,
    ...(roles.textPair === undefined ? {} : { [roles.textPair]: row.textPair }),
    [roles.label!]: nameTarget(space.targetOf(row), space),
  };
}

function nameTarget(target: Target, { labels, problemType }: LabelSpace): Cell {
  if (typeof target !== 'number') return labels.filter((_, i) => target[i] === 1);
  return problemType === 'regression' ? target : labels[target]!;
}

function describeTarget(target: Target, { labels, problemType }: LabelSpace): string {
  if (typeof target === 'number') return problemType === 'regression' ? String(target) : labels[target]!;
  return labels.filter((_, i) => target[i] === 1).join(', ');
}
