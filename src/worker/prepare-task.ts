// From a task as the page describes it (model, data, columns) to tokenized data.

import { examineTask, prepareTask, sampleTask } from '#data/tasks/prepare-task.ts';
import type { TaskData, TaskSource } from '#data/tasks/row-task.ts';
import type { Table } from '#formats/table.ts';
import type { DataExamination, TaskSetup } from '#protocol/messages.ts';
import { checkedMaxLength, type OpenedModel } from './opened-model.ts';

export interface OpenedData {
  readonly name: string;
  readonly train: Table;
  readonly validation: Table | null;
  /** The files themselves, kept with a run so that it can be resumed. */
  readonly trainFile: { readonly path: string; readonly file: Blob };
  readonly validationFile: { readonly path: string; readonly file: Blob } | null;
}

type Setup = Omit<TaskSetup, 'modelId' | 'dataId'>;

export const examineOpened = (
  setup: Setup,
  model: OpenedModel,
  data: OpenedData,
  previewRows: number,
): DataExamination => examineTask(setup.task, sourceOf(setup, model, data), previewRows);

export const prepareOpened = (setup: Setup, model: OpenedModel, data: OpenedData): Promise<TaskData> =>
  prepareTask(setup.task, sourceOf(setup, model, data));

export const sampleOpened = (setup: Setup, model: OpenedModel, data: OpenedData): TaskData =>
  sampleTask(setup.task, sourceOf(setup, model, data));

export function sourceOf(setup: Setup, model: OpenedModel, data: OpenedData): TaskSource {
  return {
    train: data.train,
    validation: data.validation,
    roles: setup.roles,
    options: setup.options,
    validationFraction: setup.validationFraction,
    splitSeed: setup.splitSeed,
    maxLength: checkedMaxLength(model, setup.maxLength),
    tokenizer: model.tokenizer,
    configLabels: model.labels,
    problemType: setup.problemType,
  };
}
