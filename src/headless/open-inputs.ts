// What a run is made of, opened from disk: the model's folder, an adapter's, and the data made into features.

import { existsSync, openAsBlob, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { prepareTask } from '#data/tasks/prepare-task.ts';
import type { TaskData, TaskSource } from '#data/tasks/row-task.ts';
import type { ValidationTables } from '#data/tasks/split-rows.ts';
import { openModelFiles } from '#formats/model-files.ts';
import { readSplit } from '#formats/split-table.ts';
import type { Table } from '#formats/table.ts';
import type { LoraConfig } from '#protocol/lora-config.ts';
import { StudioError } from '#util/studio-error.ts';
import {
  checkedMaxLength,
  maxLengthOf,
  type OpenedAdapter,
  type OpenedModel,
  openAdapter,
  openModel,
} from '#worker/opened-model.ts';
import { dataFilesAt } from './data-files.ts';
import { type RunConfig, rolesFor } from './run-config.ts';

export interface Inputs {
  readonly model: OpenedModel;
  /** What `data` was made of. */
  readonly source: TaskSource;
  readonly data: TaskData;
  /** What a new adapter goes on from; null: nothing. */
  readonly adapter: OpenedAdapter | null;
  /** Null: all weights are trained. */
  readonly peft: LoraConfig | null;
}

/** @throws StudioError naming the file that is missing or wrong. */
export async function openInputs(config: RunConfig): Promise<Inputs> {
  const model = await openModel(await openFolder(config.model), basename(config.model));
  const source = await readData(config, model);
  const data = await prepareTask(config.task, source);
  const adapter = config.adapter === null ? null : await openAdapterFolder(config.adapter);
  return { model, source, data, adapter, peft: config.peft ?? adapter?.config ?? null };
}

async function openFolder(folder: string) {
  let names: string[];
  try {
    names = readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name);
  } catch (cause) {
    throw new StudioError('E-MODEL-CONFIG', `The model folder ${folder} can not be read: ${(cause as Error).message}`, {
      where: folder,
      cause,
    });
  }
  return openModelFiles(
    await Promise.all(names.map(async (path) => ({ path, file: await openAsBlob(join(folder, path)) }))),
  );
}

async function openAdapterFolder(folder: string): Promise<OpenedAdapter> {
  const names = ['adapter_config.json', 'adapter_model.safetensors'];
  const found = names.filter((name) => existsSync(join(folder, name)));
  const adapter = await openAdapter(
    new Map(await Promise.all(found.map(async (name) => [name, await openAsBlob(join(folder, name))] as const))),
  );
  if (adapter) return adapter;
  throw new StudioError('E-MODEL-WEIGHTS', `The folder ${folder} holds no adapter: ${names.join(' and ')}.`, {
    where: folder,
    hint: 'Give the folder that PEFT, or a run here, saved.',
    safe: 'Nothing was started.',
  });
}

const openTable = async (path: string, role: 'train' | 'validation', { leaveOut }: RunConfig): Promise<Table> =>
  readSplit(await dataFilesAt(path, role), { skipBadRows: leaveOut.includes('bad') });

async function openValidation(config: RunConfig): Promise<ValidationTables> {
  const files = config.validationFile;
  if (files === null) return null;
  if (typeof files === 'string') return openTable(files, 'validation', config);
  return new Map(
    await Promise.all(
      [...files].map(async ([name, path]) => [name, await openTable(path, 'validation', config)] as const),
    ),
  );
}

async function readData(config: RunConfig, model: OpenedModel): Promise<TaskSource> {
  const train = await openTable(config.trainFile, 'train', config);
  return {
    train,
    validation: await openValidation(config),
    roles: rolesFor(config, train.columns),
    options: config.options,
    validationFraction: config.validationFraction,
    splitSeed: config.splitSeed,
    stratify: config.stratify,
    leaveOut: config.leaveOut,
    maxLength: checkedMaxLength(model, config.maxLength ?? maxLengthOf(model)),
    tokenizer: model.tokenizer,
    configLabels: model.labels,
    problemType: config.problemType,
  };
}
