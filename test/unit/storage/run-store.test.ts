import 'fake-indexeddb/auto';
import { describe, expect, it } from 'vitest';
import type { RunId } from '#protocol/ids.ts';
import { openDatabase } from '#storage/database.ts';
import { IdbCheckpointStore } from '#storage/idb-checkpoint-store.ts';
import { IdbRunStore } from '#storage/run-store.ts';
import { runRecord } from '../../setup/run-record.ts';
import { checkpointWrite } from './checkpoint-store-conformance.ts';

const A = 'run-a' as RunId;
const B = 'run-b' as RunId;
let count = 0;

async function fresh() {
  const database = await openDatabase({ name: `runs-${count++}` });
  return { database, runs: new IdbRunStore(database), checkpoints: new IdbCheckpointStore(database) };
}

const entry = (step: number) => ({ step, epoch: step / 10, loss: 1 / step });

describe('IdbRunStore', () => {
  it('keeps, replaces and lists runs, newest first', async () => {
    const { runs } = await fresh();
    await runs.put(runRecord(A));
    await runs.put(runRecord(B, { createdAt: 200 }));
    await runs.put(runRecord(A, { step: 7, state: { status: 'paused', reason: 'user' } }));
    expect(await runs.get(A)).toEqual(runRecord(A, { step: 7, state: { status: 'paused', reason: 'user' } }));
    expect((await runs.list()).map(({ runId }) => runId)).toEqual([B, A]);
    expect(await runs.get('nobody' as RunId)).toBeUndefined();
  });

  it('appends to logs, each run by itself', async () => {
    const { runs } = await fresh();
    await runs.appendLog(A, [entry(1), entry(2)]);
    await runs.appendLog(B, [entry(9)]);
    await runs.appendLog(A, []);
    await runs.appendLog(A, [entry(3)]);
    expect(await runs.readLog(A)).toEqual([entry(1), entry(2), entry(3)]);
    expect(await runs.readLog(B)).toEqual([entry(9)]);
  });

  it('cuts a log after a step, inside a batch too', async () => {
    const { runs, database } = await fresh();
    await runs.appendLog(A, [entry(1), entry(2)]);
    await runs.appendLog(A, [entry(3), entry(4)]);
    await runs.appendLog(B, [entry(5)]);
    await runs.appendLog(A, [entry(5), entry(6)]);
    await runs.truncateLog(A, 3);
    expect(await runs.readLog(A)).toEqual([entry(1), entry(2), entry(3)]);
    expect(await runs.readLog(B)).toEqual([entry(5)]);
    expect(await database.count('log')).toBe(3);
    await runs.appendLog(A, [entry(4)]);
    expect(await runs.readLog(A)).toEqual([entry(1), entry(2), entry(3), entry(4)]);
  });

  it('keeps files by path', async () => {
    const { runs } = await fresh();
    await runs.putAsset(A, 'model/config.json', new Blob(['{}']));
    await runs.putAsset(A, 'data/train.csv', new Blob(['old']));
    await runs.putAsset(A, 'data/train.csv', new Blob(['text,label']));
    await runs.putAsset(B, 'model/config.json', new Blob(['other']));
    const assets = await runs.getAssets(A);
    expect([...assets.keys()].sort()).toEqual(['data/train.csv', 'model/config.json']);
    expect(await assets.get('data/train.csv')!.text()).toBe('text,label');
  });

  it('deletes a run with all that belongs to it, and nothing else', async () => {
    const { runs, checkpoints, database } = await fresh();
    for (const runId of [A, B]) {
      await runs.put(runRecord(runId));
      await runs.appendLog(runId, [entry(1)]);
      await runs.putAsset(runId, 'a', new Blob(['a']));
      await checkpoints.save(checkpointWrite(1, { runId }));
    }
    await runs.delete(A);
    const stores = ['runs', 'log', 'assets', 'checkpoints', 'checkpointFiles', 'tensorRecords'] as const;
    expect(await Promise.all(stores.map((name) => database.count(name)))).toEqual([1, 1, 1, 1, 2, 2]);
    expect((await runs.list()).map(({ runId }) => runId)).toEqual([B]);
    expect(await checkpoints.list(A)).toEqual([]);
    expect(await runs.readLog(A)).toEqual([]);
  });

  it('tells in words when the database is closed', async () => {
    const { runs, database } = await fresh();
    database.close();
    await expect(runs.put(runRecord(A))).rejects.toMatchObject({
      code: 'E-STORAGE',
      message: expect.stringMatching(/^The run was not stored: /),
    });
  });
});
