// A whole run as one file, and back: its record, log, model, data and checkpoints. A zip whose tensors are stored as they
// lie in the database.

import { readZip, type ZipItem } from '#formats/zip-reader.ts';
import type { ZipEntry } from '#formats/zip-stream.ts';
import type { RunId } from '#protocol/ids.ts';
import type { LogEntry, RunMeasure } from '#protocol/metrics.ts';
import type { CheckpointManifest, StoredCheckpoint, TensorSource } from '#storage/checkpoint-store.ts';
import type { IdbCheckpointStore } from '#storage/idb-checkpoint-store.ts';
import type { IdbRunStore } from '#storage/run-store.ts';
import type { RunRecord } from '#storage/schema.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';

const FORMAT = 1;
const INDEX = 'atelier-run.json';

interface BackupIndex {
  readonly format: number;
  readonly record: RunRecord;
  readonly log: readonly LogEntry[];
  readonly measures: readonly RunMeasure[];
  readonly checkpoints: readonly CheckpointManifest[];
}

interface Stores {
  readonly runs: IdbRunStore;
  readonly checkpoints: IdbCheckpointStore;
}

/** What the zip of a run holds. */
export async function backupEntries({ runs, checkpoints }: Stores, record: RunRecord): Promise<ZipEntry[]> {
  const { runId } = record;
  const manifests = await checkpoints.list(runId);
  const index: BackupIndex = {
    format: FORMAT,
    record,
    log: await runs.readLog(runId),
    measures: await runs.readMeasures(runId),
    checkpoints: manifests,
  };
  const assets = await runs.getAssets(runId);
  const entries: ZipEntry[] = [{ name: INDEX, data: JSON.stringify(index) }];
  for (const [path, blob] of assets) entries.push({ name: `assets/${path}`, size: blob.size, data: blobChunks(blob) });
  for (const { checkpointId } of manifests)
    entries.push(...(await checkpointBackup(await checkpoints.open(runId, checkpointId))));
  return entries;
}

async function checkpointBackup(stored: StoredCheckpoint): Promise<ZipEntry[]> {
  const { checkpointId, files, tensors } = stored.manifest;
  const folder = `checkpoints/${checkpointId}`;
  const texts: ZipEntry[] = [];
  for (const path of files) texts.push({ name: `${folder}/files/${path}`, data: await stored.readFile(path) });
  const bytes = tensors.map(
    ({ file, name, byteLength }, i): ZipEntry => ({
      name: `${folder}/tensors/${i}`,
      size: byteLength,
      data: stored.streamTensor(file, name),
    }),
  );
  return [...texts, ...bytes];
}

async function* blobChunks(blob: Blob): AsyncGenerator<Uint8Array> {
  const reader = blob.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

/**
 * Stores the run of a backup; where one of its id is here already, under a new id.
 * @throws StudioError E-STORAGE when the file is no backup; E-STORAGE-FULL when it does not fit. Nothing of it stays then.
 */
export async function restoreRun({ runs, checkpoints }: Stores, file: Blob): Promise<RunId> {
  const items = await itemsOf(file);
  const index = await readIndex(items);
  const runId = (await runs.get(index.record.runId)) ? (crypto.randomUUID() as RunId) : index.record.runId;
  await runs.putWhole({ ...index.record, runId }, async () => {
    await runs.appendLog(runId, index.log, index.measures);
    for (const [path, item] of items)
      if (path.startsWith('assets/')) await runs.putAsset(runId, path.slice('assets/'.length), await item.open());
    for (const manifest of index.checkpoints) await restoreCheckpoint(checkpoints, items, manifest, runId);
  });
  return runId;
}

/** Without the folder that holds all. */
async function itemsOf(file: Blob): Promise<ReadonlyMap<string, ZipItem>> {
  const items = await readZip(file, msg`The backup`);
  return new Map(items.map((item) => [item.path.slice(item.path.indexOf('/') + 1), item]));
}

async function readIndex(items: ReadonlyMap<string, ZipItem>): Promise<BackupIndex> {
  const item = items.get(INDEX);
  if (!item) throw noBackup(msg`it holds no ${INDEX}`);
  const index = parsed(await (await item.open()).text());
  if (index?.format !== FORMAT) throw noBackup(msg`it was written by another version of the studio`);
  return index;
}

function parsed(json: string): BackupIndex | null {
  try {
    return JSON.parse(json) as BackupIndex | null;
  } catch {
    throw noBackup(msg`its ${INDEX} is damaged`);
  }
}

const noBackup = (why: string): StudioError =>
  new StudioError('E-STORAGE', msg`This file is no backup of a run: ${why}.`, {
    hint: msg`Choose a file that "Back up" of this studio wrote.`,
    safe: msg`Nothing was changed.`,
  });

async function restoreCheckpoint(
  store: IdbCheckpointStore,
  items: ReadonlyMap<string, ZipItem>,
  manifest: CheckpointManifest,
  runId: RunId,
): Promise<void> {
  const folder = `checkpoints/${manifest.checkpointId}`;
  const open = async (path: string): Promise<Blob> => {
    const item = items.get(path);
    if (!item) throw noBackup(msg`${path} is missing`);
    return item.open();
  };
  const files = new Map<string, string>();
  for (const path of manifest.files) files.set(path, await (await open(`${folder}/files/${path}`)).text());
  const tensors: TensorSource[] = [];
  for (const [i, entry] of manifest.tensors.entries()) {
    const bytes = await open(`${folder}/tensors/${i}`);
    tensors.push({ ...entry, chunks: () => blobChunks(bytes) });
  }
  const { name, step, epoch, modelOnly, isBest, metrics, pinned = false } = manifest;
  const { checkpointId } = await store.save({
    runId,
    name,
    step,
    epoch,
    modelOnly,
    isBest,
    metrics,
    tensors,
    files,
    rotate: () => [],
  });
  if (pinned) await store.pin(runId, checkpointId, true);
}
