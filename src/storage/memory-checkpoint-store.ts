// Checkpoints in main memory: for tests, and where a browser offers no database.

import type { CheckpointId, RunId } from '#protocol/ids.ts';
import { msg } from '#util/msg.ts';
import { randomId } from '#util/random-id.ts';
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
  TensorSource,
} from './checkpoint-store.ts';

interface Kept {
  readonly manifest: CheckpointManifest;
  readonly files: ReadonlyMap<string, string>;
  readonly tensors: readonly Uint8Array<ArrayBuffer>[];
}

export class MemoryCheckpointStore implements CheckpointStore {
  readonly #kept = new Map<CheckpointId, Kept>();
  readonly #now: () => number;

  /** `now` gives milliseconds since 1970, for `savedAt`. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  async save(write: CheckpointWrite): Promise<CheckpointManifest> {
    const entries: TensorEntry[] = [];
    const tensors: Uint8Array<ArrayBuffer>[] = [];
    for (const source of write.tensors) {
      const { entry, bytes } = await collect(source);
      entries.push(entry);
      tensors.push(bytes);
    }
    const manifest = makeManifest(write, randomId() as CheckpointId, entries, this.#now());
    const { deleted, unmarked } = planSave(write, this.#manifests(write.runId));
    for (const { checkpointId } of deleted) this.#kept.delete(checkpointId);
    for (const changed of unmarked)
      this.#kept.set(changed.checkpointId, { ...this.#kept.get(changed.checkpointId)!, manifest: changed });
    this.#kept.set(manifest.checkpointId, { manifest, files: new Map(write.files), tensors });
    return manifest;
  }

  async list(runId: RunId): Promise<readonly CheckpointManifest[]> {
    return sortCheckpoints(this.#manifests(runId));
  }

  async open(runId: RunId, checkpointId: CheckpointId): Promise<StoredCheckpoint> {
    const kept = this.#kept.get(checkpointId);
    if (kept?.manifest.runId !== runId) throw missingCheckpoint(checkpointId);
    return new MemoryCheckpoint(kept);
  }

  async delete(runId: RunId, checkpointId: CheckpointId): Promise<void> {
    if (this.#kept.get(checkpointId)?.manifest.runId === runId) this.#kept.delete(checkpointId);
  }

  #manifests(runId: RunId): CheckpointManifest[] {
    return [...this.#kept.values()].map(({ manifest }) => manifest).filter((manifest) => manifest.runId === runId);
  }
}

async function collect(source: TensorSource): Promise<{ entry: TensorEntry; bytes: Uint8Array<ArrayBuffer> }> {
  const meter = new TensorMeter();
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for await (const piece of source.chunks()) {
    meter.add(piece);
    pieces.push(piece.slice());
  }
  const entry = meter.entryOf(source);
  const bytes = new Uint8Array(entry.byteLength);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return { entry, bytes };
}

class MemoryCheckpoint implements StoredCheckpoint {
  readonly manifest: CheckpointManifest;
  readonly #kept: Kept;

  constructor(kept: Kept) {
    this.#kept = kept;
    this.manifest = kept.manifest;
  }

  async readFile(path: string): Promise<string> {
    const text = this.#kept.files.get(path);
    if (text === undefined) throw missingPart(this.manifest.name, msg`file ${path}`);
    return text;
  }

  async readTensor(file: string, name: string): Promise<Uint8Array<ArrayBuffer>> {
    return this.#kept.tensors[tensorIndexOf(this.manifest, file, name)]!.slice();
  }

  async *streamTensor(file: string, name: string): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    yield await this.readTensor(file, name);
  }
}
