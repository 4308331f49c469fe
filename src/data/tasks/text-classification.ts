// Text classification and regression: a text, or two, and its label on each row.

import type { Cell, CellObject, Table } from '#formats/table.ts';
import type { ProblemType } from '#protocol/messages.ts';
import { readTaskRows, type TaskRow } from './columns.ts';
import { inferProblemType, type LabelSpace, makeLabelSpace, type Target } from './label-space.ts';
import { labelWarnings } from './label-warnings.ts';
import type { EncodedRow, RowTask, TaskSource } from './row-task.ts';
import { partRows, tableWarnings } from './split-rows.ts';

interface LabelledRow {
  readonly row: TaskRow;
  readonly target: Target;
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
export function textClassification(source: TaskSource): RowTask<LabelledRow> {
  const { train: table, roles, configLabels } = source;
  const warnings = tableWarnings(source);
  const rows = readTaskRows(table, roles, warnings);
  const problemType = source.problemType ?? inferProblemType(rows.map(({ label }) => label));
  const space = makeLabelSpace(rows, problemType, configLabels, { fileName: table.fileName, warnings });
  const labelled = rows.map((row) => ({ row, target: space.targetOf(row, table.fileName) }));
  const parts = partRows(labelled, source, (each) => labelRows(each, space, source, warnings), warnings);
  const countLabels = (counted: readonly LabelledRow[]): number[] => countTargets(counted, space);
  if (problemType !== 'regression')
    warnings.push(...labelWarnings(space.labels, parts.train.length, countLabels(parts.train)));
  return {
    task: 'text-classification',
    problemType,
    labels: space.labels,
    ...parts,
    warnings,
    encode: (row) => encode(row, source),
    sizeOf: ({ row }) => row.text.length + (row.textPair?.length ?? 0),
    countLabels,
    describe: ({ row, target }) => ({ text: row.text, textPair: row.textPair, label: describeTarget(target, space) }),
    recordOf: (row) => recordOf(row, space, source),
  };
}

function labelRows(table: Table, space: LabelSpace, { roles }: TaskSource, warnings: string[]): LabelledRow[] {
  return readTaskRows(table, roles, warnings).map((row) => ({ row, target: space.targetOf(row, table.fileName) }));
}

function countTargets(rows: readonly LabelledRow[], { problemType, labels }: LabelSpace): number[] {
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

function encode({ row, target }: LabelledRow, { tokenizer, maxLength }: TaskSource): EncodedRow {
  const { input_ids, attention_mask, token_type_ids, truncated } = tokenizer.encode(row.text, row.textPair, {
    maxLength,
  });
  const example = {
    input_ids: Int32Array.from(input_ids),
    attention_mask: Uint8Array.from(attention_mask),
    ...(token_type_ids ? { token_type_ids: Uint8Array.from(token_type_ids) } : {}),
    labels: target,
  };
  return { examples: [example], length: input_ids.length + truncated, truncated, targets: null };
}

function recordOf({ row, target }: LabelledRow, space: LabelSpace, { roles }: TaskSource): CellObject {
  return {
    [roles.text!]: row.text,
    ...(roles.textPair === undefined ? {} : { [roles.textPair]: row.textPair }),
    [roles.label!]: nameTarget(target, space),
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
