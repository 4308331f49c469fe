// Handlers of the requests that keep the library in order: names, cards, pins, forks, backups and sizes of runs, and the
// tokenized files.

import type { CheckpointId, RunId } from '#protocol/ids.ts';
import type { Requests, RunUsage } from '#protocol/messages.ts';
import type { StoredCheckpoint } from '#storage/checkpoint-store.ts';
import type { IdbFeatureStore } from '#storage/feature-store.ts';
import type { IdbCheckpointStore } from '#storage/idb-checkpoint-store.ts';
import type { IdbRunStore } from '#storage/run-store.ts';
import type { RunRecord } from '#storage/schema.ts';
import { msg } from '#util/msg.ts';
import { backupEntries, restoreRun } from './backup-run.ts';
import { cardOfCheckpoint, factsOf, slug, writeZip } from './export-checkpoint.ts';
import { assetBytes } from './run-assets.ts';

type LibraryRequest =
  | 'run/update'
  | 'run/fork'
  | 'run/backup'
  | 'run/restore'
  | 'checkpoint/card'
  | 'checkpoint/pin'
  | 'storage/runs'
  | 'features/list'
  | 'features/delete';
type Handlers = { readonly [T in LibraryRequest]: (params: Requests[T]['params']) => Promise<Requests[T]['result']> };

interface Stores {
  readonly runs: IdbRunStore;
  readonly checkpoints: IdbCheckpointStore;
  readonly features: IdbFeatureStore;
}

/** What the handlers need of the studio. */
export interface LibrarySurroundings {
  readonly stores: () => Promise<Stores>;
  /** As it is now, also of a run in training. */
  readonly record: (runId: RunId) => Promise<RunRecord>;
  /** Changes the record, also of a run in training. */
  readonly changeRecord: (runId: RunId, change: Partial<Pick<RunRecord, 'name' | 'card'>>) => Promise<void>;
  readonly checkpoint: (
    runId: RunId,
    checkpointId: CheckpointId,
  ) => Promise<{ readonly stored: StoredCheckpoint; readonly record: RunRecord; readonly device: string }>;
  readonly tellCheckpoints: (runId: RunId) => Promise<void>;
  /** Does work that adds a run part by part. */
  readonly whileCopying: <T>(work: () => Promise<T>) => Promise<T>;
}

export function libraryHandlers(studio: LibrarySurroundings): Handlers {
  return {
    'run/update': async ({ runId, name, card }) => {
      await studio.changeRecord(runId, { ...(name?.trim() ? { name: name.trim() } : {}), ...(card ? { card } : {}) });
      return {};
    },
    'run/fork': ({ runId, checkpointId, name }) =>
      studio.whileCopying(async () => ({
        runId: await forkRun(await studio.stores(), await studio.record(runId), checkpointId, name),
      })),
    'run/backup': async ({ runId, target }) => {
      const record = await studio.record(runId);
      return writeZip(await backupEntries(await studio.stores(), record), `${slug(record.name)}-backup`, target);
    },
    'run/restore': ({ file }) =>
      studio.whileCopying(async () => ({ runId: await restoreRun(await studio.stores(), file) })),
    'checkpoint/card': async ({ runId, checkpointId }) => {
      const { stored, record, device } = await studio.checkpoint(runId, checkpointId);
      return { text: await cardOfCheckpoint(stored, factsOf(record, device)) };
    },
    'checkpoint/pin': async ({ runId, checkpointId, pinned }) => {
      const { checkpoints } = await studio.stores();
      await checkpoints.pin(runId, checkpointId, pinned);
      await studio.tellCheckpoints(runId);
      return {};
    },
    'storage/runs': async () => {
      const { runs, checkpoints } = await studio.stores();
      const records = await runs.list();
      return Promise.all(records.map((record) => usageOf(record, runs, checkpoints)));
    },
    'features/list': async () => (await studio.stores()).features.list(),
    'features/delete': async ({ key }) => {
      await (await studio.stores()).features.delete(key);
      return {};
    },
  };
}

async function usageOf(
  { runId, name, modelName, dataName }: RunRecord,
  runs: IdbRunStore,
  checkpoints: IdbCheckpointStore,
): Promise<RunUsage> {
  const manifests = await checkpoints.list(runId);
  const stored = manifests.reduce((sum, { byteLength }) => sum + byteLength, 0);
  return { runId, name, modelName, dataName, checkpoints: stored, ...assetBytes(await runs.getAssets(runId)) };
}

/** A run of its own with one checkpoint, as if it had been stopped there. */
async function forkRun(
  { runs, checkpoints }: Stores,
  parent: RunRecord,
  checkpointId: CheckpointId,
  name: string,
): Promise<RunId> {
  const runId = crypto.randomUUID() as RunId;
  const { manifest } = await checkpoints.open(parent.runId, checkpointId);
  const { step } = manifest;
  const now = Date.now();
  const begins = { at: now, step, level: 'info' as const, message: msg`Forked from ${parent.name} at step ${step}.` };
  const measures = (await runs.readMeasures(parent.runId)).filter((measure) => measure.step <= step);
  const fork: RunRecord = {
    ...parent,
    runId,
    name,
    createdAt: now,
    updatedAt: now,
    step,
    activeMs: measures.at(-1)?.activeMs ?? 0,
    state: { status: 'stopped', step, saved: true },
    setup: { ...parent.setup, name },
    notices: [begins],
    samples: (parent.samples ?? []).filter((sample) => sample.step <= step),
    parent: { runId: parent.runId, step },
  };
  await runs.putWhole(fork, async () => {
    await runs.appendLog(
      runId,
      (await runs.readLog(parent.runId)).filter((entry) => entry.step <= step),
      measures,
    );
    for (const [path, blob] of await runs.getAssets(parent.runId)) await runs.putAsset(runId, path, blob);
    await checkpoints.copy(parent.runId, checkpointId, runId);
  });
  return runId;
}
