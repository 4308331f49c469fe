// The rows that are used, after the split, for a program that makes the same examples of them.

import type { CellObject } from '#formats/table.ts';
import type { ProblemType } from '#protocol/messages.ts';
import { eachRow } from './encode-rows.ts';
import type { RowTask } from './row-task.ts';
import type { RowSet } from './split-rows.ts';

export interface TaskRecords {
  readonly problemType: ProblemType;
  readonly labels: readonly string[];
  readonly train: readonly CellObject[];
  /** Without a name: the only one. None where nothing is held out, or `splitsExamples`. */
  readonly validation: readonly { readonly name: string | null; readonly rows: readonly CellObject[] }[];
  /** There are no rows to hold out, but examples: with `validationFraction` and `splitSeed`, as `heldOut` says. */
  readonly splitsExamples: boolean;
}

export async function recordRows<Row>(task: RowTask<Row>): Promise<TaskRecords> {
  const recordsOf = async ({ table, numbers }: RowSet): Promise<CellObject[]> => {
    const records: CellObject[] = [];
    await eachRow(task, table, numbers, {}, (row) => void records.push(task.recordOf(row)));
    return records;
  };
  const sets = task.validation.filter(({ numbers }) => numbers.length > 0);
  const validation = [];
  for (const set of sets) validation.push({ name: set.name, rows: await recordsOf(set) });
  return {
    problemType: task.problemType,
    labels: task.labels,
    train: await recordsOf(task.train),
    validation,
    splitsExamples: task.splitsExamples ?? false,
  };
}
