// Checkpoints as folders on disk: `checkpoint-<step>/` as HF lays them out, with optimizer.pt and scheduler.pt, so that
// HF's Trainer goes on from them; `final` in the output folder itself. A checkpoint is written beside its place and
// renamed when it is whole.

import { type FileHandle, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { orderTensors, safetensorsHeaderBytes } from '#formats/safetensors.ts';
import type { TorchArchive } from '#formats/torch-writer.ts';
import type { CheckpointId, RunId } from '#protocol/ids.ts';
import type {
  CheckpointManifest,
  CheckpointStore,
  CheckpointWrite,
  StoredCheckpoint,
  TensorSource,
} from '#storage/checkpoint-store.ts';
import { PROGRESS_FILE } from '#trainer/checkpoint-files.ts';
import { StudioError } from '#util/studio-error.ts';
import { OPTIMIZER_FILE, torchFiles, UPDATE_STATE } from '#worker/checkpoint-to-torch.ts';
import { openCheckpointFolder } from './checkpoint-folder.ts';

const FINAL = 'final';
const PARTIAL = '.partial-';

export class FolderCheckpointStore implements CheckpointStore {
  readonly #root: string;
  /** What was saved as `final`: other files may lie in the output folder. */
  #finalFiles: ReadonlySet<string> | null = null;

  /** @param root the output folder; made when something is saved. */
  constructor(root: string) {
    this.#root = root;
  }

  /** @throws StudioError E-STORAGE-FULL when the disk is full; checkpoints written before are untouched. */
  async save(write: CheckpointWrite): Promise<CheckpointManifest> {
    try {
      return await this.#save(write);
    } catch (error) {
      await rm(join(this.#root, `${PARTIAL}${write.name}`), { recursive: true, force: true });
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      throw new StudioError('E-STORAGE-FULL', `The disk is full: ${write.name} could not be written.`, {
        where: this.#root,
        hint: 'Free some space and resume from the latest checkpoint.',
        safe: 'Checkpoints written before are untouched.',
        cause: error,
      });
    }
  }

  async #save(write: CheckpointWrite): Promise<CheckpointManifest> {
    const partial = join(this.#root, `${PARTIAL}${write.name}`);
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial, { recursive: true });
    const doomed = write.rotate((await this.list(write.runId)).filter(({ name }) => name !== write.name));
    const archives = await archivesOf(write);
    for (const [file, archive] of archives) await writeArchive(join(partial, file), archive);
    // What the archives hold need not lie there twice; torch has no place for the update state.
    const tensors = write.tensors.filter(
      ({ file, name }) => archives.size === 0 || file !== OPTIMIZER_FILE || name === UPDATE_STATE,
    );
    for (const file of new Set(tensors.map((tensor) => tensor.file))) {
      await writeTensors(
        join(partial, file),
        tensors.filter((tensor) => tensor.file === file),
      );
    }
    for (const [path, text] of write.files) await writeFile(join(partial, path), text);
    await this.#moveIntoPlace(partial, write.name);
    for (const id of doomed) await this.delete(write.runId, id);
    return this.#describe(write.name, write.runId);
  }

  /** `final` goes file by file into the output folder; others are one rename. */
  async #moveIntoPlace(partial: string, name: string): Promise<void> {
    if (name !== FINAL) {
      const place = join(this.#root, name);
      await rm(place, { recursive: true, force: true });
      await rename(partial, place);
      return;
    }
    const files = await readdir(partial);
    for (const file of files) await rename(join(partial, file), join(this.#root, file));
    this.#finalFiles = new Set(files);
    await rm(partial, { recursive: true });
  }

  async list(runId: RunId): Promise<readonly CheckpointManifest[]> {
    const names = await readdir(this.#root).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const steps = names.filter((name) => /^checkpoint-\d+$/.test(name)).sort((a, b) => stepOf(a) - stepOf(b));
    return Promise.all(steps.map((name) => this.#describe(name, runId)));
  }

  async open(runId: RunId, checkpointId: CheckpointId): Promise<StoredCheckpoint> {
    return this.#openNamed(checkpointId, runId);
  }

  async delete(_runId: RunId, checkpointId: CheckpointId): Promise<void> {
    await rm(join(this.#root, checkpointId), { recursive: true, force: true });
  }

  async #describe(name: string, runId: RunId): Promise<CheckpointManifest> {
    return (await this.#openNamed(name, runId)).manifest;
  }

  #openNamed(name: string, runId: RunId): Promise<StoredCheckpoint> {
    const only = name === FINAL ? this.#finalFiles : null;
    return openCheckpointFolder(this.#folderOf(name), runId, name, null, only);
  }

  #folderOf(name: string): string {
    return name === FINAL ? this.#root : join(this.#root, name);
  }
}

const stepOf = (name: string): number => Number(name.slice('checkpoint-'.length));

/** optimizer.pt and its companions; none for weights alone. */
async function archivesOf({ files, tensors, modelOnly }: CheckpointWrite): Promise<ReadonlyMap<string, TorchArchive>> {
  if (modelOnly || !files.has(PROGRESS_FILE)) return new Map();
  return torchFiles({
    readText: async (path) => files.get(path) ?? '{}',
    state: tensors.filter(({ file }) => file === OPTIMIZER_FILE),
  });
}

async function writeArchive(path: string, archive: TorchArchive): Promise<void> {
  const file = await open(path, 'w');
  try {
    await writeBytes(file, { name: path, byteLength: archive.byteLength, chunks: () => archive.chunks() });
    await file.sync();
  } finally {
    await file.close();
  }
}

async function writeTensors(path: string, tensors: readonly TensorSource[]): Promise<void> {
  const ordered = orderTensors(tensors);
  const file = await open(path, 'w');
  try {
    await file.write(safetensorsHeaderBytes(ordered));
    for (const tensor of ordered) await writeBytes(file, tensor);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** @throws StudioError E-INTERNAL when fewer or more bytes come than the header announces. */
async function writeBytes(
  file: FileHandle,
  tensor: Pick<TensorSource, 'name' | 'byteLength' | 'chunks'>,
): Promise<void> {
  let written = 0;
  for await (const chunk of tensor.chunks()) {
    await file.write(chunk);
    written += chunk.length;
  }
  if (written === tensor.byteLength) return;
  throw new StudioError(
    'E-INTERNAL',
    `Tensor ${tensor.name} should have ${tensor.byteLength} bytes, but ${written} came.`,
  );
}
