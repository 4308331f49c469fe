// What a run needs besides its checkpoints to be opened again after a reload: the model's files and the data's.

import type { ModelFiles } from '#formats/model-files.ts';
import type { RunId } from '#protocol/ids.ts';
import type { NamedFile, Reading } from '#protocol/messages.ts';
import type { IdbRunStore } from '#storage/run-store.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import { type OpenedData, openFiles } from './open-data.ts';
import { type OpenedModel, openModel } from './opened-model.ts';

const MODEL = 'model/';
const TRAIN = 'train/';
const VALIDATION = 'validation/';

export async function storeRunAssets(
  store: IdbRunStore,
  runId: RunId,
  model: OpenedModel,
  data: OpenedData,
): Promise<void> {
  for (const [name, file] of model.files) await store.putAsset(runId, MODEL + name, file);
  for (const { path, file } of data.trainFiles) await store.putAsset(runId, TRAIN + path, file);
  for (const { path, file } of data.validationFiles) await store.putAsset(runId, VALIDATION + path, file);
}

export async function loadRunModel(store: IdbRunStore, runId: RunId, name: string): Promise<OpenedModel> {
  const files = under(await store.getAssets(runId), MODEL);
  if (files.size === 0) throw lost('model');
  return openModel(files, name);
}

export async function loadRunData(store: IdbRunStore, { runId, dataName, reading = {} }: RunData): Promise<OpenedData> {
  const assets = await store.getAssets(runId);
  const [train, validation] = [TRAIN, VALIDATION].map((prefix) => namedUnder(assets, prefix));
  if (train!.length === 0) throw lost('data');
  return openFiles({ name: dataName, train: train!, validation: validation!, reading });
}

/**
 * Just the files that the run was started with: once a single shard could be one of them, without the others. Assets come
 * by their paths, which is the order of shards.
 */
const namedUnder = (assets: ReadonlyMap<string, Blob>, prefix: string): NamedFile[] =>
  [...under(assets, prefix)].map(([path, file]) => ({ path, file }));

/** How the data of a run is called and read. */
interface RunData {
  readonly runId: RunId;
  readonly dataName: string;
  readonly reading?: Reading | undefined;
}

/** Bytes of the model's files and of the data's. */
export function assetBytes(assets: ReadonlyMap<string, Blob>): { readonly model: number; readonly data: number } {
  const bytes = (...prefixes: string[]): number =>
    [...assets].reduce((sum, [path, { size }]) => sum + (prefixes.some((each) => path.startsWith(each)) ? size : 0), 0);
  return { model: bytes(MODEL), data: bytes(TRAIN, VALIDATION) };
}

const under = (assets: ReadonlyMap<string, Blob>, prefix: string): ModelFiles =>
  new Map(
    [...assets].flatMap(([path, blob]) =>
      path.startsWith(prefix) ? [[path.slice(prefix.length), blob] as const] : [],
    ),
  );

function lost(what: string): StudioError {
  return new StudioError('E-STORAGE', msg`The ${what} of this run is no longer stored in this browser.`, {
    hint: msg`Start a new run with the same files. Checkpoints of this one can still be downloaded.`,
    safe: msg`The checkpoints are untouched.`,
  });
}
