// Runs that are backed up, brought back and forked.

import 'fake-indexeddb/auto';
import { expect, it, vi } from 'vitest';
import { zipStream } from '#formats/zip-stream.ts';
import type { RunId } from '#protocol/ids.ts';
import { openDatabase } from '#storage/database.ts';
import { IdbFeatureStore } from '#storage/feature-store.ts';
import { IdbCheckpointStore } from '#storage/idb-checkpoint-store.ts';
import { IdbRunStore } from '#storage/run-store.ts';
import { backupEntries } from '../../../src/worker/backup-run.ts';
import { libraryHandlers } from '../../../src/worker/library-handlers.ts';
import { runRecord } from '../../setup/run-record.ts';
import { checkpointWrite, RUN } from '../storage/checkpoint-store-conformance.ts';

let count = 0;

/** A run of two checkpoints, at steps 1 and 2; the first is pinned. */
async function library() {
  const database = await openDatabase({ name: `library-${count++}` });
  const stores = {
    runs: new IdbRunStore(database),
    checkpoints: new IdbCheckpointStore(database),
    features: new IdbFeatureStore(database),
  };
  const { runs, checkpoints } = stores;
  await runs.put(runRecord(RUN, { step: 2, activeMs: 2000, state: { status: 'completed' } }));
  const measure = { epoch: 0.1, at: 1, lossScale: null, samplesPerSecond: null, gpuBytes: null };
  await runs.appendLog(
    RUN,
    [1, 2].map((step) => ({ step, epoch: step / 10, loss: 1 / step })),
    [1, 2].map((step) => ({ ...measure, step, activeMs: 1000 * step })),
  );
  await runs.putAsset(RUN, 'data/train.csv', new Blob(['text,label\n']));
  const first = await checkpoints.save(checkpointWrite(1));
  await checkpoints.save(checkpointWrite(2));
  await checkpoints.pin(RUN, first.checkpointId, true);
  const handlers = libraryHandlers({
    stores: async () => stores,
    record: async (runId) => (await runs.get(runId))!,
    changeRecord: async () => undefined,
    checkpoint: () => Promise.reject(new Error('not wanted here')),
    tellCheckpoints: async () => undefined,
    whileCopying: (work) => work(),
  });
  return { ...stores, first, handlers };
}

it('a backup brings the whole run back, beside the one that is there', async () => {
  const { runs, checkpoints, handlers, first } = await library();
  const entries = (await backupEntries({ runs, checkpoints }, (await runs.get(RUN))!)).map((entry) => ({
    ...entry,
    name: `backup/${entry.name}`,
  }));
  const file = await new Response(zipStream(entries)).blob();
  const { runId } = await handlers['run/restore']({ file: new File([file], 'backup.zip') });
  expect(runId).not.toBe(RUN);
  expect(await runs.get(runId)).toEqual({ ...(await runs.get(RUN)), runId });
  expect(await runs.readLog(runId)).toEqual(await runs.readLog(RUN));
  expect(await runs.readMeasures(runId)).toEqual(await runs.readMeasures(RUN));
  expect(await (await runs.getAssets(runId)).get('data/train.csv')!.text()).toBe('text,label\n');
  const restored = await checkpoints.list(runId);
  expect(restored.map(({ name, pinned = false }) => [name, pinned])).toEqual([
    ['checkpoint-1', true],
    ['checkpoint-2', false],
  ]);
  const { file: tensorFile, name } = first.tensors[0]!;
  const bytes = async (id: RunId, checkpointId: typeof first.checkpointId) =>
    (await checkpoints.open(id, checkpointId)).readTensor(tensorFile, name);
  expect(await bytes(runId, restored[0]!.checkpointId)).toEqual(await bytes(RUN, first.checkpointId));
});

it('a file that is no backup is told, and nothing is stored', async () => {
  const { runs, handlers } = await library();
  const zip = await new Response(zipStream([{ name: 'a/b.txt', data: 'x' }])).blob();
  await expect(handlers['run/restore']({ file: new File([zip], 'a.zip') })).rejects.toThrow(/no backup of a run/);
  expect(await runs.list()).toHaveLength(1);
});

it('a backup whose index is damaged is told, and nothing is stored', async () => {
  const { runs, handlers } = await library();
  const zip = await new Response(zipStream([{ name: 'a/atelier-run.json', data: '{"format":' }])).blob();
  await expect(handlers['run/restore']({ file: new File([zip], 'a.zip') })).rejects.toMatchObject({
    code: 'E-STORAGE',
    safe: 'Nothing was changed.',
  });
  expect(await runs.list()).toHaveLength(1);
});

it('of a copy that ends in the middle nobody sees anything, and the next start deletes it', async () => {
  const { runs, checkpoints, first } = await library();
  const runId = 'half' as RunId;
  // As if the page were closed: it never comes to an end.
  void runs.putWhole({ ...(await runs.get(RUN))!, runId }, async () => {
    await checkpoints.copy(RUN, first.checkpointId, runId);
    await new Promise(() => undefined);
  });
  await vi.waitFor(async () => expect(await checkpoints.list(runId)).toHaveLength(1));
  expect((await runs.list()).map((run) => run.runId)).toEqual([RUN]);
  await runs.deleteIncomplete();
  expect(await runs.get(runId)).toBeUndefined();
  expect(await checkpoints.list(runId)).toEqual([]);
  expect(await checkpoints.list(RUN)).toHaveLength(2);
});

it('a fork is a run of its own, as it was at the checkpoint', async () => {
  const { runs, checkpoints, handlers, first } = await library();
  const { runId } = await handlers['run/fork']({ runId: RUN, checkpointId: first.checkpointId, name: 'a fork' });
  expect(await runs.get(runId)).toMatchObject({
    name: 'a fork',
    step: 1,
    activeMs: 1000,
    state: { status: 'stopped', step: 1, saved: true },
    parent: { runId: RUN, step: 1 },
  });
  expect((await runs.readLog(runId)).map(({ step }) => step)).toEqual([1]);
  expect((await checkpoints.list(runId)).map(({ name, pinned }) => [name, pinned])).toEqual([['checkpoint-1', false]]);
  expect(await runs.getAssets(runId)).toHaveLength(1);
  expect(await checkpoints.list(RUN)).toHaveLength(2);
});
