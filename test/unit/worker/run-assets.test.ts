// The data that is stored with a run, and read again when it is resumed.

import 'fake-indexeddb/auto';
import { describe, expect, it } from 'vitest';
import { whereOf } from '#formats/table.ts';
import type { RunId } from '#protocol/ids.ts';
import { openDatabase } from '#storage/database.ts';
import { IdbRunStore } from '#storage/run-store.ts';
import { openData } from '#worker/open-data.ts';
import type { OpenedModel } from '#worker/opened-model.ts';
import { assetBytes, loadRunData, storeRunAssets } from '#worker/run-assets.ts';
import { rowsOf } from '../../setup/table-rows.ts';

const RUN = 'run' as RunId;
const model = { files: new Map([['config.json', new Blob(['{}'])]]) } as unknown as OpenedModel;
const csv = (path: string, ...texts: string[]) => ({
  path,
  file: new Blob([`text,label\n${texts.map((text) => `${text},x\n`).join('')}`]),
});
const storeOf = async (name: string) => new IdbRunStore(await openDatabase({ name }));
const load = (store: IdbRunStore) => loadRunData(store, { runId: RUN, dataName: 'd' });
const textsOf = async (table: Parameters<typeof rowsOf>[0]) => (await rowsOf(table)).map((row) => row[0]);

describe('the data of a run', () => {
  it('comes back with all its shards, in their order', async () => {
    const store = await storeOf('shards');
    const data = await openData({
      name: 'd',
      train: [csv('x/train-00001-of-00002.csv', 'c'), csv('x/train-00000-of-00002.csv', 'a', 'b')],
      validation: [csv('x/dev-00001-of-00002.csv', 'e'), csv('x/dev-00000-of-00002.csv', 'd')],
      reading: {},
    });
    expect(await textsOf(data.train)).toEqual(['a', 'b', 'c']);
    await storeRunAssets(store, RUN, model, data);
    const loaded = await load(store);
    expect(await textsOf(loaded.train)).toEqual(['a', 'b', 'c']);
    expect(await textsOf(loaded.validation!)).toEqual(['d', 'e']);
    expect(loaded.train.fileName).toBe(data.train.fileName);
    expect(whereOf(loaded.train, 2)).toBe('x/train-00001-of-00002.csv:2');
    const bytes = [...data.trainFiles, ...data.validationFiles].reduce((sum, { file }) => sum + file.size, 0);
    expect(assetBytes(await store.getAssets(RUN))).toEqual({ model: 2, data: bytes });
  });

  it('of one file comes back as it is', async () => {
    const store = await storeOf('one');
    const data = await openData({ name: 'd', train: [csv('train.csv', 'a')], validation: [], reading: {} });
    await storeRunAssets(store, RUN, model, data);
    const loaded = await load(store);
    expect([loaded.train.fileName, loaded.train.rowCount, loaded.validation]).toEqual(['train.csv', 1, null]);
  });

  it('that once began with a single shard goes on with just that', async () => {
    const store = await storeOf('single');
    const shard = csv('train-00000-of-00004.csv', 'a', 'b');
    await store.putAsset(RUN, `train/${shard.path}`, shard.file);
    const loaded = await load(store);
    expect(loaded.train.fileName).toBe(shard.path);
    expect(await textsOf(loaded.train)).toEqual(['a', 'b']);
  });
});

it('a shard that was chosen alone is not taken for the split', async () => {
  const opening = openData({ name: 'd', train: [csv('train-00000-of-00002.csv', 'a')], validation: [], reading: {} });
  await expect(opening).rejects.toMatchObject({
    code: 'E-DATA-FORMAT',
    message: expect.stringContaining('missing: train-00001-of-00002.csv'),
  });
});
