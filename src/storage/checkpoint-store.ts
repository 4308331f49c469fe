// What the trainer and the worker ask of a home for checkpoints. A checkpoint is a small folder: text files and
// tensor files (safetensors), written whole or not at all, together with the rotation of its elders.
// Implementations: `idb-checkpoint-store.ts` (browser), `memory-checkpoint-store.ts` (tests), and the runner's folder.

import type { CheckpointId, RunId } from '#protocol/ids.ts';

export type StoredDtype = 'F32' | 'F16' | 'BF16' | 'I32';

/** A tensor on its way into a checkpoint: its bytes (little-endian) come in pieces of a few MiB, on demand. */
export interface TensorSource {
  /** The file it belongs to: `model.safetensors` or `optimizer.safetensors`. */
  readonly file: string;
  readonly name: string;
  readonly dtype: StoredDtype;
  readonly shape: readonly number[];
  readonly byteLength: number;
  chunks(): AsyncIterable<Uint8Array>;
}

/** What is said of a stored tensor in the manifest. */
export interface TensorEntry {
  readonly file: string;
  readonly name: string;
  readonly dtype: StoredDtype;
  readonly shape: readonly number[];
  readonly byteLength: number;
  /** CRC-32 of its bytes; null where the home keeps none (a folder on disk). */
  readonly crc32: number | null;
}

/** Facts about a checkpoint, kept apart from its bytes so that listing is cheap. */
export interface CheckpointManifest {
  readonly checkpointId: CheckpointId;
  readonly runId: RunId;
  /** Folder name: `checkpoint-40`, or `final`. */
  readonly name: string;
  readonly step: number;
  readonly epoch: number;
  readonly modelOnly: boolean;
  readonly isBest: boolean;
  readonly metrics: Readonly<Record<string, number>>;
  /** Milliseconds since 1970. */
  readonly savedAt: number;
  readonly byteLength: number;
  readonly tensors: readonly TensorEntry[];
  /** Paths of the text files: config.json, trainer_state.json, … */
  readonly files: readonly string[];
  readonly schemaVersion: number;
  /** Rotation leaves it alone. Checkpoints of earlier versions have no such mark. */
  readonly pinned?: boolean;
}

export interface CheckpointWrite {
  readonly runId: RunId;
  readonly name: string;
  readonly step: number;
  readonly epoch: number;
  readonly modelOnly: boolean;
  readonly isBest: boolean;
  readonly metrics: Readonly<Record<string, number>>;
  readonly tensors: readonly TensorSource[];
  readonly files: ReadonlyMap<string, string>;
  /** Told the run's other checkpoints, oldest first, answers which of them go in the same transaction. */
  readonly rotate: (others: readonly CheckpointManifest[]) => readonly CheckpointId[];
}

export interface StoredCheckpoint {
  readonly manifest: CheckpointManifest;
  /** @throws StudioError E-CHECKPOINT when the file is not part of it. */
  readFile(path: string): Promise<string>;
  /** All bytes of one tensor, checksum verified. @throws StudioError E-CHECKPOINT when missing or damaged. */
  readTensor(file: string, name: string): Promise<Uint8Array<ArrayBuffer>>;
  /** The same bytes in stored pieces, for streaming out; the checksum is verified after the last piece. */
  streamTensor(file: string, name: string): AsyncIterable<Uint8Array<ArrayBuffer>>;
}

export interface CheckpointStore {
  /**
   * Writes a checkpoint and deletes what `rotate` names, all or nothing. A stored checkpoint of the same run and
   * name is replaced. `isBest` moves the mark: no other checkpoint of the run keeps it.
   * @throws StudioError E-STORAGE-FULL when it does not fit; everything stored before is still there.
   */
  save(write: CheckpointWrite): Promise<CheckpointManifest>;
  /** The run's checkpoints, oldest first (by step, `final` last). */
  list(runId: RunId): Promise<readonly CheckpointManifest[]>;
  open(runId: RunId, checkpointId: CheckpointId): Promise<StoredCheckpoint>;
  delete(runId: RunId, checkpointId: CheckpointId): Promise<void>;
}
