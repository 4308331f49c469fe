// Every task by its name: rows of a data file → tokenized data, or what the model will see of them.

import type { DataExamination } from '#protocol/messages.ts';
import { formOf, ROW_FORMS } from '#protocol/task-roles.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import type { Task } from '#util/task.ts';
import { fillMask } from './fill-mask.ts';
import { questionAnswering } from './question-answering.ts';
import {
  examineRows,
  prepareRows,
  type RowTask,
  recordRows,
  sampleRows,
  type TaskData,
  type TaskRecords,
  type TaskSource,
} from './row-task.ts';
import { textClassification } from './text-classification.ts';
import { textGeneration } from './text-generation.ts';
import { tokenClassification } from './token-classification.ts';

/** @throws StudioError E-DATA-COLUMN, E-DATA-LABEL, E-DATA-FORMAT or E-ARGS, by what is wrong with the rows. */
export function prepareTask(
  task: Task,
  source: TaskSource,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<TaskData> {
  return withRows(task, source, (rows) => prepareRows(rows, source, onProgress));
}

/** @throws as `prepareTask`. */
export function examineTask(task: Task, source: TaskSource, previewRows: number): DataExamination {
  return withRows(task, source, (rows) => examineRows(rows, source, previewRows));
}

/** Some of the data as the model will see it. @throws as `prepareTask`. */
export function sampleTask(task: Task, source: TaskSource): TaskData {
  return withRows(task, source, (rows) => sampleRows(rows, source));
}

/** @throws as `prepareTask`. */
export const recordTask = (task: Task, source: TaskSource): TaskRecords =>
  withRows(task, source, (rows) => recordRows(rows));

function withRows<R>(task: Task, source: TaskSource, use: <Row>(rows: RowTask<Row>) => R): R {
  refuseMissingRoles(task, source);
  switch (task) {
    case 'text-classification':
      return use(textClassification(source));
    case 'token-classification':
      return use(tokenClassification(source));
    case 'question-answering':
      return use(questionAnswering(source));
    case 'fill-mask':
      return use(fillMask(source));
    case 'text-generation':
      return use(textGeneration(source));
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
