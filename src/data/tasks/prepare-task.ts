// Every task by its name: rows of a data file → tokenized data, or what the model will see of them.

import type { DataExamination, ViewedRow } from '#protocol/messages.ts';
import { formOf, ROW_FORMS } from '#protocol/task-roles.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import type { Task } from '#util/task.ts';
import type { WorkOptions } from '../work.ts';
import { examineRows, type RowQuestion, type SampledData, sampleRows, viewRow } from './examine-rows.ts';
import { fillMask } from './fill-mask.ts';
import { prepareRows } from './prepare-rows.ts';
import { questionAnswering } from './question-answering.ts';
import { recordRows, type TaskRecords } from './record-rows.ts';
import type { RowTask, TaskData, TaskSource } from './row-task.ts';
import { textClassification } from './text-classification.ts';
import { textGeneration } from './text-generation.ts';
import { tokenClassification } from './token-classification.ts';

/** @throws StudioError E-DATA-COLUMN, E-DATA-LABEL, E-DATA-FORMAT or E-ARGS, by what is wrong with the rows. */
export const prepareTask = (task: Task, source: TaskSource, work: WorkOptions = {}): Promise<TaskData> =>
  withRows(task, source, { signal: work.signal }, (rows) => prepareRows(rows, source, work));

/** @throws as `prepareTask`. */
export const examineTask = (task: Task, source: TaskSource, work: WorkOptions = {}): Promise<DataExamination> =>
  withRows(task, source, work, (rows) => examineRows(rows, source, work));

/** One row as the model will see it; null where there is none. @throws as `prepareTask`. */
export const viewTaskRow = (
  task: Task,
  source: TaskSource,
  question: RowQuestion,
  work: WorkOptions = {},
): Promise<ViewedRow | null> => withRows(task, source, work, (rows) => viewRow(rows, source, question, work));

/** Some of the data as the model will see it. @throws as `prepareTask`. */
export const sampleTask = (task: Task, source: TaskSource, work: WorkOptions = {}): Promise<SampledData> =>
  withRows(task, source, work, (rows) => sampleRows(rows, source, work));

/** @throws as `prepareTask`. */
export const recordTask = (task: Task, source: TaskSource): Promise<TaskRecords> =>
  withRows(task, source, {}, (rows) => recordRows(rows));

async function withRows<R>(
  task: Task,
  source: TaskSource,
  work: WorkOptions,
  use: <Row>(rows: RowTask<Row>) => Promise<R>,
): Promise<R> {
  refuseMissingRoles(task, source);
  switch (task) {
    case 'text-classification':
      return use(await textClassification(source, work));
    case 'token-classification':
      return use(await tokenClassification(source, work));
    case 'question-answering':
      return use(await questionAnswering(source, work));
    case 'fill-mask':
      return use(await fillMask(source, work));
    case 'text-generation':
      return use(await textGeneration(source, work));
    default:
      return task satisfies never;
  }
}

function refuseMissingRoles(task: Task, { roles, train }: TaskSource): void {
  if (formOf(task, roles)) return;
  const forms = ROW_FORMS[task].map((form) =>
    form
      .filter(({ required }) => required)
      .map(({ role, holds }) => `${role} (${holds})`)
      .join(' and '),
  );
  throw new StudioError('E-DATA-COLUMN', msg`${train.fileName}: ${task} needs a column for ${forms.join('; or ')}.`, {
    where: train.fileName,
    hint: msg`The file's columns are ${train.columns.join(', ')}.`,
    safe: msg`Nothing was started.`,
  });
}
