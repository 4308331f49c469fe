// What every home of checkpoints does alike: the manifest, the order, which ones a save replaces, and damaged bytes.

import type { CheckpointId } from '#protocol/ids.ts';
import { Crc32 } from '#util/crc32.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import type { CheckpointManifest, CheckpointWrite, TensorEntry, TensorSource } from './checkpoint-store.ts';
import { SCHEMA_VERSION } from './schema.ts';

/** Oldest first: by step, `final` last. */
export function sortCheckpoints(manifests: readonly CheckpointManifest[]): CheckpointManifest[] {
  const isFinal = ({ name }: CheckpointManifest): number => (name === 'final' ? 1 : 0);
  return [...manifests].sort((a, b) => isFinal(a) - isFinal(b) || a.step - b.step || a.savedAt - b.savedAt);
}

export interface SavePlan {
  /** Checkpoints to delete: those rotated out and one of the same name. */
  readonly deleted: readonly CheckpointManifest[];
  /** Checkpoints that stay but lose the mark of the best. */
  readonly unmarked: readonly CheckpointManifest[];
}

/** What saving `write` does to the run's stored checkpoints. `rotate` sees those that would stay and are not pinned, marks
 * moved. */
export function planSave(write: CheckpointWrite, stored: readonly CheckpointManifest[]): SavePlan {
  const replaced = stored.filter(({ name }) => name === write.name);
  const others = sortCheckpoints(stored).filter(({ name }) => name !== write.name);
  const marked = others.map((manifest) =>
    write.isBest && manifest.isBest ? { ...manifest, isBest: false } : manifest,
  );
  const rotated = new Set(write.rotate(marked.filter(({ pinned }) => !pinned)));
  return {
    deleted: [...replaced, ...marked.filter(({ checkpointId }) => rotated.has(checkpointId))],
    unmarked: marked.filter((manifest, i) => manifest !== others[i] && !rotated.has(manifest.checkpointId)),
  };
}

export function makeManifest(
  write: CheckpointWrite,
  checkpointId: CheckpointId,
  tensors: readonly TensorEntry[],
  savedAt: number,
): CheckpointManifest {
  const { runId, name, step, epoch, modelOnly, isBest, metrics, files } = write;
  const textBytes = [...files.values()].reduce((sum, text) => sum + new TextEncoder().encode(text).length, 0);
  const byteLength = tensors.reduce((sum, tensor) => sum + tensor.byteLength, textBytes);
  const common = { checkpointId, runId, name, step, epoch, modelOnly, isBest, metrics, savedAt, byteLength };
  return { ...common, tensors, files: [...files.keys()], schemaVersion: SCHEMA_VERSION };
}

/** Counts and checks the bytes of one tensor while they pass. */
export class TensorMeter {
  readonly #crc = new Crc32();
  #byteLength = 0;

  add(bytes: Uint8Array): void {
    this.#crc.update(bytes);
    this.#byteLength += bytes.length;
  }

  /** @throws StudioError E-INTERNAL when the source gave another number of bytes than it announced. */
  entryOf({ file, name, dtype, shape, byteLength }: TensorSource): TensorEntry {
    if (this.#byteLength !== byteLength) {
      throw new StudioError(
        'E-INTERNAL',
        msg`Tensor ${name} should have ${byteLength} bytes, but ${this.#byteLength} came.`,
        { where: msg`${file}, tensor ${name}` },
      );
    }
    return { file, name, dtype, shape, byteLength, crc32: this.#crc.digest() };
  }

  /** @throws StudioError E-CHECKPOINT when the bytes are not those that were stored. */
  verify({ file, name, byteLength, crc32 }: TensorEntry, checkpoint: string): void {
    if (this.#byteLength === byteLength && this.#crc.digest() === crc32) return;
    throw new StudioError(
      'E-CHECKPOINT',
      msg`${checkpoint} is damaged: tensor ${name} of ${file} does not match its checksum.`,
      {
        where: msg`${checkpoint}/${file}, tensor ${name}`,
        hint: msg`Resume from an older checkpoint, and delete this one.`,
        safe: msg`Other checkpoints are not affected.`,
      },
    );
  }
}

/** Position of a tensor in the manifest's list. @throws StudioError E-CHECKPOINT when it is not part of it. */
export function tensorIndexOf(manifest: CheckpointManifest, file: string, name: string): number {
  const index = manifest.tensors.findIndex((tensor) => tensor.file === file && tensor.name === name);
  if (index < 0) throw missingPart(manifest.name, msg`tensor ${name} of ${file}`);
  return index;
}

export function missingPart(checkpoint: string, part: string): StudioError {
  return new StudioError('E-CHECKPOINT', msg`${checkpoint} has no ${part}.`, {
    where: checkpoint,
    hint: msg`Choose another checkpoint.`,
  });
}

export function missingCheckpoint(checkpointId: CheckpointId): StudioError {
  return new StudioError('E-CHECKPOINT', msg`This checkpoint is not stored any more.`, {
    where: checkpointId,
    hint: msg`It was deleted, here or in another tab. Choose another one from the list.`,
  });
}
