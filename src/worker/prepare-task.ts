// From a task as the page describes it (model, data, columns) to tokenized data.

import type { RowQuestion, SampledData } from '#data/tasks/examine-rows.ts';
import type { FeatureCache } from '#data/tasks/feature-cache.ts';
import { examineTask, prepareTask, sampleTask, viewTaskRow } from '#data/tasks/prepare-task.ts';
import type { TaskData, TaskSource } from '#data/tasks/row-task.ts';
import type { WorkOptions } from '#data/work.ts';
import type { DataExamination, TaskSetup, ViewedRow } from '#protocol/messages.ts';
import type { OpenedData } from './open-data.ts';
import { checkedMaxLength, type OpenedModel } from './opened-model.ts';

type Setup = Omit<TaskSetup, 'modelId' | 'dataId'>;

/** What a task is made of. */
export interface TaskParts {
  readonly setup: Setup;
  readonly model: OpenedModel;
  readonly data: OpenedData;
  /** Where tokenized files are kept; undefined: nowhere. */
  readonly features?: FeatureCache | undefined;
}

export const examineOpened = (parts: TaskParts, work?: WorkOptions): Promise<DataExamination> =>
  examineTask(parts.setup.task, sourceOf(parts), work);

export const viewOpened = (parts: TaskParts, question: RowQuestion, work?: WorkOptions): Promise<ViewedRow | null> =>
  viewTaskRow(parts.setup.task, sourceOf(parts), question, work);

export const prepareOpened = (parts: TaskParts, work?: WorkOptions): Promise<TaskData> =>
  prepareTask(parts.setup.task, sourceOf(parts), work);

export const sampleOpened = (parts: TaskParts): Promise<SampledData> => sampleTask(parts.setup.task, sourceOf(parts));

export function sourceOf({ setup, model, data, features }: TaskParts): TaskSource {
  return {
    train: data.train,
    validation: data.validation,
    roles: setup.roles,
    validationRoles: setup.validationRoles,
    options: setup.options,
    validationFraction: setup.validationFraction,
    splitSeed: setup.splitSeed,
    stratify: setup.stratify,
    leaveOut: setup.leaveOut,
    maxLength: checkedMaxLength(model, setup.maxLength),
    tokenizer: model.tokenizer,
    configLabels: model.labels,
    problemType: setup.problemType,
    features,
  };
}
