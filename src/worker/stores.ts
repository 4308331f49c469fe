// What the browser's database keeps, each kind behind a store of its own.

import { openDatabase } from '#storage/database.ts';
import { IdbDownloadStore } from '#storage/download-store.ts';
import { IdbFeatureStore } from '#storage/feature-store.ts';
import { IdbCheckpointStore } from '#storage/idb-checkpoint-store.ts';
import { IdbRunStore } from '#storage/run-store.ts';
import { IdbSweepStore } from '#storage/sweep-store.ts';
import { IdbTuningStore } from '#storage/tuning-store.ts';
import { unlessCopying } from './run-lock.ts';

export interface Stores {
  readonly runs: IdbRunStore;
  readonly checkpoints: IdbCheckpointStore;
  readonly downloads: IdbDownloadStore;
  readonly sweeps: IdbSweepStore;
  readonly tuning: IdbTuningStore;
  readonly features: IdbFeatureStore;
}

/** Deletes what a page that was closed in the middle has left. @throws StudioError E-STORAGE. */
export async function openStores(): Promise<Stores> {
  const database = await openDatabase();
  const runs = new IdbRunStore(database);
  await unlessCopying(() => runs.deleteIncomplete());
  return {
    runs,
    checkpoints: new IdbCheckpointStore(database),
    downloads: new IdbDownloadStore(database),
    sweeps: new IdbSweepStore(database),
    tuning: new IdbTuningStore(database),
    features: new IdbFeatureStore(database),
  };
}
