import 'fake-indexeddb/auto';
import { describe, expect, it } from 'vitest';
import type { CheckpointId, RunId } from '#protocol/ids.ts';
import { openDatabase } from '#storage/database.ts';
import { IdbCheckpointStore } from '#storage/idb-checkpoint-store.ts';
import { IdbRunStore } from '#storage/run-store.ts';
import { SCHEMA_VERSION } from '#storage/schema.ts';
import { bytesOf } from './checkpoint-store-conformance.ts';
import { openRaw, writeVersion1 } from './history.ts';

describe('openDatabase', () => {
  it('reads everything that version 1 wrote', async () => {
    await writeVersion1('history-1');
    const database = await openDatabase({ name: 'history-1' });
    expect(database.version).toBe(SCHEMA_VERSION);
    const runs = new IdbRunStore(database);
    const run = 'r1' as RunId;
    expect(await runs.list()).toMatchObject([
      { runId: 'r1', name: 'Emotions', step: 20, labels: ['anger', 'joy'], state: { status: 'interrupted' } },
    ]);
    expect((await runs.readLog(run)).map(({ loss }) => loss)).toEqual([0.7, 0.5]);
    expect(await (await runs.getAssets(run)).get('model/config.json')!.text()).toBe('{"model_type": "bert"}');
    const stored = await new IdbCheckpointStore(database).open(run, 'c1' as CheckpointId);
    expect(stored.manifest).toMatchObject({ name: 'checkpoint-20', isBest: true });
    expect(await stored.readTensor('model.safetensors', 'w')).toEqual(bytesOf(4, 16));
    expect(await stored.readFile('trainer_state.json')).toBe('{}');
  });

  it('makes the same layout afresh as version 1 has after its migrations', async () => {
    await writeVersion1('history-2');
    const layout = async (name: string) => {
      const database = await openDatabase({ name });
      return [...database.objectStoreNames].map((storeName) => {
        const store = database.transaction(storeName).objectStore(storeName);
        return [storeName, store.keyPath, store.autoIncrement, [...store.indexNames]];
      });
    };
    expect(await layout('history-2')).toEqual(await layout('fresh'));
  });

  it('tells a tab that a newer version waits for it', async () => {
    let outdated = 0;
    const database = await openDatabase({ name: 'outdated', onOutdated: () => outdated++ });
    const newer = openRaw('outdated', SCHEMA_VERSION + 1, () => {});
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(outdated).toBe(1);
    expect(await database.count('runs')).toBe(0);
    database.close();
    (await newer).close();
  });

  it('says that the stored runs are of a newer version', async () => {
    (await openRaw('newer', SCHEMA_VERSION + 1, () => {})).close();
    await expect(openDatabase({ name: 'newer' })).rejects.toMatchObject({
      code: 'E-STORAGE',
      hint: expect.stringMatching(/newer version of the studio\. Reload/),
    });
  });
});
