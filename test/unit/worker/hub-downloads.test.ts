// Downloads from the fake Hub into a fake IndexedDB: cut, cancelled, begun by an earlier page, damaged, and used when
// the Hub is gone.

import 'fake-indexeddb/auto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HubRepo, HubRevision } from '#protocol/hub-messages.ts';
import { openDatabase } from '#storage/database.ts';
import { IdbDownloadStore } from '#storage/download-store.ts';
import { amountOf, chosenFiles, guessChoice } from '#ui/features/setup/hub/hub-model.ts';
import { type Download, download, hubInfo, openHubFiles, openHubModel } from '#worker/hub-downloads.ts';
import { FakeHub } from '../../setup/fake-hub.ts';

const MIB = 1024 * 1024;
/** No two pieces of it are the same. */
const weights = Buffer.from(Uint32Array.from({ length: 9 * (MIB / 4) + 1 }, (_, i) => i * 2654435761).buffer);
const MODEL: HubRepo = { kind: 'model', name: 'org/tiny-bert' };
const DATA: HubRepo = { kind: 'dataset', name: 'org/moods' };

const SHARDS = [
  'data/train-00000-of-00003.csv',
  'data/train-00001-of-00003.csv',
  'data/train-00002-of-00003.csv',
  'data/validation-00000-of-00001.csv',
  'data/test-00000-of-00001.csv',
];

const hub = new FakeHub();
let count = 0;
let store: IdbDownloadStore;

beforeAll(async () => {
  await hub.listen();
  const texts = ['config.json', 'tokenizer.json', 'tokenizer_config.json'];
  const files = texts.map((path) => ({ path, content: Buffer.from(`{"name": "${path}", "model_type": "bert"}`) }));
  hub.add({ ...MODEL, files: [...files, { path: 'model.safetensors', content: weights }] });
  hub.add({
    ...MODEL,
    name: 'org/gated',
    gated: true,
    files: [...files, { path: 'model.safetensors', content: weights }],
  });
  const csv = (path: string) => ({ path, content: Buffer.from(`text,label\n${path},1\n`) });
  hub.add({ ...DATA, name: 'org/sharded', files: SHARDS.map(csv) });
  hub.add({ ...DATA, files: [csv('train.csv'), csv('data/dev.csv'), csv('data/test.csv')] });
});
beforeEach(async () => {
  hub.seen.length = 0;
  Object.assign(hub.faults, { cut: null, stallAfterBytes: null, ignoreRanges: false, corrupt: false });
  store = new IdbDownloadStore(await openDatabase({ name: `downloads-${count++}` }));
});
afterAll(() => hub.close());

const connection = () => ({ endpoint: hub.url, token: null });

async function toDownload(repo: HubRepo, changes: Partial<Download> = {}): Promise<Download> {
  const info = await hubInfo(connection(), repo, null);
  const { revision, files } = info;
  const signal = new AbortController().signal;
  return { connection: connection(), repo: info.repo, revision, files, signal, onProgress: () => {}, ...changes };
}

/** Cancels once so many bytes have come. */
async function cancelAfter(bytes: number, name = MODEL.name) {
  const controller = new AbortController();
  hub.faults.stallAfterBytes = bytes;
  const options = await toDownload(
    { ...MODEL, name },
    {
      signal: controller.signal,
      onProgress: ({ doneBytes }) => {
        if (doneBytes >= bytes) controller.abort();
      },
    },
  );
  const result = await download(store, options);
  hub.faults.stallAfterBytes = null;
  return { options: { ...options, signal: new AbortController().signal, onProgress: () => {} }, result };
}

const textsOf = async (source: HubRevision, paths: readonly string[]): Promise<string[]> =>
  Promise.all((await openHubFiles(store, source, paths)).map(({ file }) => file.text()));

/** Whether the very weights are stored. */
const weightsAreWhole = async (revision: string): Promise<boolean> => {
  const files = await openHubModel(store, { repo: MODEL.name, revision });
  return weights.equals(Buffer.from(await files.get('model.safetensors')!.arrayBuffer()));
};

describe('downloads', () => {
  it('brings all files, tells how far it is, and keeps the commit', async () => {
    const progress: number[] = [];
    const options = await toDownload(MODEL, { onProgress: ({ doneBytes }) => progress.push(doneBytes) });
    const result = await download(store, options);
    expect(result).toMatchObject({ repo: MODEL, revision: hub.repo('model', MODEL.name).head, complete: true });
    expect(result.bytes).toBe(options.files.reduce((sum, { size }) => sum + size, 0));
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(progress.at(-1)).toBe(result.bytes);
    expect(await weightsAreWhole(result.revision)).toBe(true);
  });

  it('used when the Hub is gone, and not fetched a second time', async () => {
    const options = await toDownload(MODEL);
    await download(store, options);
    await hub.close();
    try {
      expect((await download(store, options)).complete).toBe(true);
      expect(await weightsAreWhole(options.revision)).toBe(true);
      expect((await store.list()).map(({ repo }) => repo.name)).toEqual([MODEL.name]);
    } finally {
      await hub.listen();
    }
  });

  it('goes on by itself where the connection was cut', async () => {
    const options = await toDownload(MODEL);
    hub.faults.cut = { afterBytes: 5 * MIB, times: 1 };
    expect((await download(store, options)).complete).toBe(true);
    const [first, second, ...more] = hub.rangesOf('model.safetensors');
    expect([first, more]).toEqual(['whole', []]);
    expect(Number(/^bytes=(\d+)-$/.exec(second!)![1])).toBeGreaterThan(4 * MIB);
    expect(await weightsAreWhole(options.revision)).toBe(true);
  });

  it('gives up when the Hub stays away, and keeps what has come', async () => {
    const options = await toDownload(MODEL);
    hub.faults.cut = { afterBytes: 0, times: 99 };
    await expect(download(store, options)).rejects.toMatchObject({
      code: 'E-HUB',
      safe: expect.stringMatching(/kept/),
    });
    hub.faults.cut = null;
    expect((await download(store, options)).complete).toBe(true);
  }, 20_000);

  it('cancelled keeps what has come; a page opened later goes on from there', async () => {
    const { options, result } = await cancelAfter(6 * MIB);
    expect(result.complete).toBe(false);
    const kept = result.files.find(({ path }) => path === 'model.safetensors')!.storedBytes;
    expect(kept).toBeGreaterThanOrEqual(5 * MIB);
    await expect(openHubModel(store, { repo: MODEL.name, revision: result.revision })).rejects.toMatchObject({
      code: 'E-STATE',
      hint: expect.stringMatching(/Download it/),
    });
    const reopened = new IdbDownloadStore(await openDatabase({ name: `downloads-${count - 1}` }));
    expect((await download(reopened, options)).complete).toBe(true);
    expect(hub.rangesOf('model.safetensors')).toEqual(['whole', `bytes=${kept}-`]);
    expect(await weightsAreWhole(options.revision)).toBe(true);
  });

  it('starts anew where a server ignores ranges', async () => {
    const { options } = await cancelAfter(6 * MIB);
    hub.faults.ignoreRanges = true;
    expect((await download(store, options)).complete).toBe(true);
    expect(await weightsAreWhole(options.revision)).toBe(true);
  });

  it('what is stored beyond the end of the file is found out', async () => {
    const options = await toDownload(MODEL);
    const id = await store.begin(MODEL, options.revision, options.files);
    await store.append(id, 'model.safetensors', new Blob([weights, 'x']));
    await expect(download(store, options)).rejects.toMatchObject({ code: 'E-HUB' });
    expect((await download(store, options)).complete).toBe(true);
  });

  it.each(['model.safetensors', 'config.json'])('a damaged %s is dropped and named', async (path) => {
    const whole = await toDownload(MODEL);
    const options = { ...whole, files: whole.files.filter((file) => file.path === path) };
    hub.faults.corrupt = true;
    await expect(download(store, options)).rejects.toMatchObject({
      code: 'E-HUB',
      where: path,
      message: expect.stringMatching(/came damaged/),
    });
    expect(await store.list()).toEqual([]);
    hub.faults.corrupt = false;
    expect((await download(store, options)).complete).toBe(true);
  });

  it('gated: listed, but not loaded', async () => {
    const options = await toDownload({ ...MODEL, name: 'org/gated' });
    await expect(download(store, options)).rejects.toMatchObject({
      code: 'E-HUB-ACCESS',
      message: expect.stringMatching(/gated/),
    });
    expect(await store.list()).toEqual([]);
  });

  it('of a data set only the chosen files, and more of them later', async () => {
    const whole = await toDownload(DATA);
    const only = (path: string) => ({ ...whole, files: whole.files.filter((file) => file.path === path) });
    const source = { repo: DATA.name, revision: whole.revision };
    await download(store, only('train.csv'));
    expect(await textsOf(source, ['train.csv'])).toEqual(['text,label\ntrain.csv,1\n']);
    await expect(openHubFiles(store, source, ['train.csv', 'data/dev.csv'])).rejects.toMatchObject({ code: 'E-STATE' });
    await download(store, only('data/dev.csv'));
    expect(await textsOf(source, ['data/dev.csv'])).toEqual(['text,label\ndata/dev.csv,1\n']);
    const [listed] = await store.list();
    expect(listed!.files.map(({ path }) => path)).toEqual(['train.csv', 'data/dev.csv']);
  });

  it('of a data set in shards all of the chosen split, with one progress', async () => {
    const whole = await toDownload({ ...DATA, name: 'org/sharded' });
    const { train, validation } = chosenFiles(whole.files, guessChoice(whole.files));
    const progress: [done: number, total: number][] = [];
    const onProgress: Download['onProgress'] = ({ doneBytes, totalBytes }) => progress.push([doneBytes, totalBytes]);
    const result = await download(store, { ...whole, files: [...train, ...validation], onProgress });
    const total = SHARDS.slice(0, 4).reduce((sum, path) => sum + `text,label\n${path},1\n`.length, 0);
    expect(amountOf([...train, ...validation], result)).toEqual({
      files: 4,
      totalBytes: total,
      storedBytes: total,
      here: true,
    });
    expect(progress.map(([done]) => done)).toEqual(progress.map(([done]) => done).toSorted((a, b) => a - b));
    expect(progress.at(-1)).toEqual([total, total]);
    expect(new Set(progress.map(([, all]) => all))).toEqual(new Set([total]));
    const paths = train.map(({ path }) => path);
    expect(paths).toEqual(SHARDS.slice(0, 3));
    const source = { repo: 'org/sharded', revision: whole.revision };
    expect(await textsOf(source, paths)).toEqual(paths.map((path) => `text,label\n${path},1\n`));
    expect(result.files.map(({ path }) => path)).not.toContain(SHARDS[4]);
  });

  it('deleted leaves nothing behind', async () => {
    const { downloadId, revision } = await download(store, await toDownload(MODEL));
    await store.delete(downloadId);
    expect(await store.list()).toEqual([]);
    expect((await store.read(downloadId, 'model.safetensors')).size).toBe(0);
    await expect(weightsAreWhole(revision)).rejects.toMatchObject({ code: 'E-STATE' });
    await expect(store.append(downloadId, 'model.safetensors', new Blob(['x']))).rejects.toMatchObject({
      code: 'E-STORAGE',
      hint: 'Start the download again.',
    });
  });
});
