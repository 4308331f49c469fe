// From a task as the page describes it (model, data, columns) to tokenized data.

import {
  examineTextClassification,
  prepareTextClassification,
  type TextClassificationData,
  type TextClassificationOptions,
} from '#data/text-classification.ts';
import type { Table } from '#formats/table.ts';
import type { DataExamination, TaskSetup } from '#protocol/messages.ts';
import { StudioError } from '#util/studio-error.ts';
import { maxLengthOf, type OpenedModel } from './opened-model.ts';

export interface OpenedData {
  readonly name: string;
  readonly train: Table;
  readonly validation: Table | null;
  /** The files themselves, kept with a run so that it can be resumed. */
  readonly trainFile: { readonly path: string; readonly file: Blob };
  readonly validationFile: { readonly path: string; readonly file: Blob } | null;
}

type Task = Omit<TaskSetup, 'modelId' | 'dataId'>;

export function examineTask(task: Task, model: OpenedModel, data: OpenedData, previewRows: number): DataExamination {
  return examineTextClassification(optionsOf(task, model, data), previewRows);
}

export function prepareTask(task: Task, model: OpenedModel, data: OpenedData): Promise<TextClassificationData> {
  return prepareTextClassification(optionsOf(task, model, data));
}

function optionsOf(task: Task, model: OpenedModel, data: OpenedData): TextClassificationOptions {
  const limit = maxLengthOf(model);
  if (task.maxLength > limit) {
    throw new StudioError('E-ARGS', `max_length is ${task.maxLength}, but this model reads at most ${limit} tokens.`, {
      where: 'max_length',
      hint: `Set it to ${limit} or less.`,
      safe: 'Nothing was started.',
    });
  }
  return {
    train: data.train,
    validation: data.validation,
    roles: task.roles,
    validationFraction: task.validationFraction,
    splitSeed: task.splitSeed,
    maxLength: task.maxLength,
    tokenizer: model.tokenizer,
    configLabels: model.labels,
    problemType: task.problemType,
  };
}
