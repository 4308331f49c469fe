// What happens when the next version of the schema meets a database of this one.

import 'fake-indexeddb/auto';
import { expect, it, vi } from 'vitest';
import type { RunId } from '#protocol/ids.ts';
import { openDatabase } from '#storage/database.ts';
import { IdbRunStore } from '#storage/run-store.ts';
import { openRaw, writeVersion1 } from './history.ts';

vi.mock('#storage/schema.ts', async (importOriginal) => {
  const schema = await importOriginal<typeof import('#storage/schema.ts')>();
  const next = (database: IDBDatabase, transaction: IDBTransaction): void => {
    database.createObjectStore('next');
    transaction.objectStore('runs').createIndex('name', 'name');
  };
  return { ...schema, SCHEMA_VERSION: schema.SCHEMA_VERSION + 1, MIGRATIONS: [...schema.MIGRATIONS, next] };
});

it('runs only the migrations that are missing, and keeps the data', async () => {
  await writeVersion1('upgrade');
  const database = await openDatabase({ name: 'upgrade' });
  expect([...database.objectStoreNames]).toContain('next');
  expect([...database.transaction('runs').store.indexNames]).toEqual(['name']);
  expect(await new IdbRunStore(database).get('r1' as RunId)).toMatchObject({ name: 'Emotions' });
});

it('runs all of them on a fresh database', async () => {
  const database = await openDatabase({ name: 'fresh' });
  expect([...database.objectStoreNames]).toEqual([
    'assets',
    'checkpointFiles',
    'checkpoints',
    'downloadPieces',
    'downloads',
    'featurePieces',
    'featureSets',
    'log',
    'next',
    'runs',
    'sweeps',
    'tensorRecords',
    'tuning',
  ]);
});

it('says that another tab holds the older version open, and does not hold on to it itself', async () => {
  await writeVersion1('held');
  const held = await openRaw('held', 1, () => {});
  await expect(openDatabase({ name: 'held' })).rejects.toMatchObject({
    code: 'E-STORAGE',
    message: expect.stringMatching(/Another tab with an older version/),
    safe: 'All stored runs are unchanged.',
  });
  held.close();
  // The upgrade goes through now; a connection left open would block this one.
  (await openRaw('held', 6, () => {})).close();
});
