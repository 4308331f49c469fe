// Checkpoints in the browser's database. A save is one strict transaction: the checkpoint, the mark of the best and
// the rotation become visible together, or nothing changes, even if the browser is killed in the middle.

import type { CheckpointId, RunId } from '#protocol/ids.ts';
import { msg } from '#util/msg.ts';
import { randomId } from '#util/random-id.ts';
import { StudioError } from '#util/studio-error.ts';
import {
  makeManifest,
  missingCheckpoint,
  missingPart,
  planSave,
  sortCheckpoints,
  TensorMeter,
  tensorIndexOf,
} from './checkpoint-rules.ts';
import type {
  CheckpointManifest,
  CheckpointStore,
  CheckpointWrite,
  StoredCheckpoint,
  TensorEntry,
} from './checkpoint-store.ts';
import { toStorageError } from './database.ts';
import { type Database, keysUnder, SCHEMA_VERSION } from './schema.ts';
import { RECORD_BYTES, SourceFailure, TensorWriter, type WriteTransaction } from './tensor-writer.ts';

const CHECKPOINT_STORES = ['checkpoints', 'checkpointFiles', 'tensorRecords'] as const;

export class IdbCheckpointStore implements CheckpointStore {
  readonly #database: Database;
  readonly #now: () => number;

  /** `now` gives milliseconds since 1970, for `savedAt`. */
  constructor(database: Database, now: () => number = Date.now) {
    this.#database = database;
    this.#now = now;
  }

  /** The sources of `write` must not read from this store: they would wait for the very transaction that waits for them. */
  async save(write: CheckpointWrite): Promise<CheckpointManifest> {
    const checkpointId = randomId() as CheckpointId;
    return this.#inTransaction(msg`The checkpoint was not saved`, async (transaction) => {
      const entries = await writeTensors(transaction, write, checkpointId);
      const manifest = makeManifest(write, checkpointId, entries, this.#now());
      const files = transaction.objectStore('checkpointFiles');
      for (const [path, text] of write.files) await files.put(text, [write.runId, checkpointId, path]);
      const manifests = transaction.objectStore('checkpoints');
      const { deleted, unmarked } = planSave(write, await manifests.getAll(keysUnder(write.runId)));
      await manifests.put(manifest);
      for (const changed of unmarked) await manifests.put(changed);
      for (const old of deleted) await deleteParts(transaction, write.runId, old.checkpointId);
      return manifest;
    });
  }

  async list(runId: RunId): Promise<readonly CheckpointManifest[]> {
    return sortCheckpoints(await this.#database.getAll('checkpoints', keysUnder(runId)));
  }

  async open(runId: RunId, checkpointId: CheckpointId): Promise<StoredCheckpoint> {
    const manifest = await this.#database.get('checkpoints', [runId, checkpointId]);
    if (!manifest) throw missingCheckpoint(checkpointId);
    if (manifest.schemaVersion > SCHEMA_VERSION) {
      throw new StudioError('E-CHECKPOINT', msg`${manifest.name} was written by a newer version of the studio.`, {
        where: manifest.name,
        hint: msg`Reload the page to get that version.`,
      });
    }
    return new IdbCheckpoint(this.#database, manifest);
  }

  async pin(runId: RunId, checkpointId: CheckpointId, pinned: boolean): Promise<void> {
    await this.#inTransaction(msg`The checkpoint was not pinned`, async (transaction) => {
      const manifests = transaction.objectStore('checkpoints');
      const manifest = await manifests.get([runId, checkpointId]);
      if (!manifest) throw missingCheckpoint(checkpointId);
      await manifests.put({ ...manifest, pinned });
    });
  }

  /** Puts the same checkpoint into another run, as its only one of that name. */
  async copy(runId: RunId, checkpointId: CheckpointId, to: RunId): Promise<void> {
    await this.#inTransaction(msg`The checkpoint was not copied`, async (transaction) => {
      const manifest = await transaction.objectStore('checkpoints').get([runId, checkpointId]);
      if (!manifest) throw missingCheckpoint(checkpointId);
      await transaction.objectStore('checkpoints').put({ ...manifest, runId: to, isBest: false, pinned: false });
      const files = transaction.objectStore('checkpointFiles');
      for (const path of manifest.files)
        await files.put((await files.get([runId, checkpointId, path]))!, [to, checkpointId, path]);
      const records = transaction.objectStore('tensorRecords');
      for (const [index, { byteLength }] of manifest.tensors.entries())
        for (let part = 0; part * RECORD_BYTES < byteLength; part++)
          await records.put((await records.get([runId, checkpointId, index, part]))!, [to, checkpointId, index, part]);
    });
  }

  async delete(runId: RunId, checkpointId: CheckpointId): Promise<void> {
    await this.#inTransaction(msg`The checkpoint was not deleted`, (transaction) =>
      deleteParts(transaction, runId, checkpointId),
    );
  }

  /** Runs `work` in a strict transaction. If anything fails, everything is as before. */
  async #inTransaction<T>(doing: string, work: (transaction: WriteTransaction) => Promise<T>): Promise<T> {
    const transaction = this.#begin(doing);
    // Told below, from the failure itself.
    transaction.done.catch(() => {});
    try {
      const result = await work(transaction);
      await transaction.done;
      return result;
    } catch (error) {
      // When the browser gave up the transaction, its reason says more than the request that hit upon it.
      const reason = transaction.error ?? error;
      abort(transaction);
      if (error instanceof SourceFailure) throw error.cause;
      throw toStorageError(reason, doing);
    }
  }

  #begin(doing: string): WriteTransaction {
    try {
      return this.#database.transaction([...CHECKPOINT_STORES], 'readwrite', {
        durability: 'strict',
      }) as WriteTransaction;
    } catch (error) {
      throw toStorageError(error, doing);
    }
  }
}

function abort(transaction: WriteTransaction): void {
  try {
    transaction.abort();
  } catch {
    // It has ended already.
  }
}

async function writeTensors(
  transaction: WriteTransaction,
  write: CheckpointWrite,
  checkpointId: CheckpointId,
): Promise<TensorEntry[]> {
  const writer = new TensorWriter(transaction, write.runId, checkpointId);
  const entries: TensorEntry[] = [];
  for (const [index, source] of write.tensors.entries()) entries.push(await writer.write(index, source));
  await writer.flush();
  return entries;
}

async function deleteParts(transaction: WriteTransaction, runId: RunId, checkpointId: CheckpointId): Promise<void> {
  await transaction.objectStore('checkpoints').delete([runId, checkpointId]);
  await transaction.objectStore('checkpointFiles').delete(keysUnder(runId, checkpointId));
  await transaction.objectStore('tensorRecords').delete(keysUnder(runId, checkpointId));
}

class IdbCheckpoint implements StoredCheckpoint {
  readonly manifest: CheckpointManifest;
  readonly #database: Database;

  constructor(database: Database, manifest: CheckpointManifest) {
    this.#database = database;
    this.manifest = manifest;
  }

  async readFile(path: string): Promise<string> {
    const { runId, checkpointId, name } = this.manifest;
    const text = await this.#database.get('checkpointFiles', [runId, checkpointId, path]);
    if (text === undefined) throw missingPart(name, msg`file ${path}`);
    return text;
  }

  async readTensor(file: string, name: string): Promise<Uint8Array<ArrayBuffer>> {
    const { byteLength } = this.manifest.tensors[tensorIndexOf(this.manifest, file, name)]!;
    const bytes = new Uint8Array(byteLength);
    let at = 0;
    for await (const piece of this.streamTensor(file, name)) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  async *streamTensor(file: string, name: string): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    const { runId, checkpointId, name: checkpoint, tensors } = this.manifest;
    const index = tensorIndexOf(this.manifest, file, name);
    const entry = tensors[index]!;
    const meter = new TensorMeter();
    for (let part = 0; part * RECORD_BYTES < entry.byteLength; part++) {
      const piece = await this.#database.get('tensorRecords', [runId, checkpointId, index, part]);
      const expected = Math.min(RECORD_BYTES, entry.byteLength - part * RECORD_BYTES);
      // A piece of another size could not be put in its place; without it the checksum fails below.
      if (piece?.length !== expected) break;
      meter.add(piece);
      yield piece;
    }
    meter.verify(entry, checkpoint);
  }
}
