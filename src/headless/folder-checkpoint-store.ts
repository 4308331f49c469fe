// Checkpoints as folders on disk: `checkpoint-<step>/` as HF lays them out, `final` in the output folder itself. A
// checkpoint is written beside its place and renamed when it is whole.

import { openAsBlob } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  orderTensors,
  readSafetensorsHeader,
  type SafetensorsHeader,
  safetensorsHeaderBytes,
} from '#formats/safetensors.ts';
import type { CheckpointId, RunId } from '#protocol/ids.ts';
import type {
  CheckpointManifest,
  CheckpointStore,
  CheckpointWrite,
  StoredCheckpoint,
  TensorEntry,
  TensorSource,
} from '#storage/checkpoint-store.ts';
import { parseHfJson } from '#util/hf-json.ts';
import { StudioError } from '#util/studio-error.ts';

const FINAL = 'final';
const PARTIAL = '.partial-';

export class FolderCheckpointStore implements CheckpointStore {
  readonly #root: string;

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
    for (const file of new Set(write.tensors.map((tensor) => tensor.file))) {
      await writeTensors(
        join(partial, file),
        write.tensors.filter((tensor) => tensor.file === file),
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
    for (const file of await readdir(partial)) await rename(join(partial, file), join(this.#root, file));
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
    return openCheckpointFolder(join(this.#root, checkpointId), runId, checkpointId);
  }

  async delete(_runId: RunId, checkpointId: CheckpointId): Promise<void> {
    await rm(join(this.#root, checkpointId), { recursive: true, force: true });
  }

  async #describe(name: string, runId: RunId): Promise<CheckpointManifest> {
    const folder = name === FINAL ? this.#root : join(this.#root, name);
    return (await openCheckpointFolder(folder, runId, name)).manifest;
  }
}

const stepOf = (name: string): number => Number(name.slice('checkpoint-'.length));

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
async function writeBytes(file: FileHandle, tensor: TensorSource): Promise<void> {
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

/** Opens any folder of this layout, also one that another run wrote. @throws StudioError E-CHECKPOINT. */
export async function openCheckpointFolder(folder: string, runId: RunId, name: string): Promise<StoredCheckpoint> {
  const readText = (path: string) =>
    readFile(join(folder, path), 'utf8').catch((cause: Error) => {
      throw new StudioError('E-CHECKPOINT', `The checkpoint ${folder} has no readable ${path}.`, {
        where: join(folder, path),
        cause,
      });
    });
  const state = parseHfJson(await readText('trainer_state.json'), 'trainer_state.json', 'E-CHECKPOINT') as Record<
    string,
    unknown
  >;
  const paths = (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
  const files = new Map<string, { blob: Blob; header: SafetensorsHeader }>();
  for (const path of paths.filter((each) => each.endsWith('.safetensors'))) {
    const blob = await openAsBlob(join(folder, path));
    files.set(path, { blob, header: await readSafetensorsHeader(blob, path) });
  }
  const manifest = await manifestOf(folder, runId, name, state, paths, files);
  const bytesOf = (file: string, tensor: string): Blob => {
    const found = files.get(file);
    const entry = found?.header.entries.get(tensor);
    if (!found || !entry)
      throw new StudioError('E-CHECKPOINT', `The checkpoint ${folder} lacks ${tensor} in ${file}.`, {
        where: join(folder, file),
      });
    return found.blob.slice(found.header.dataStart + entry.begin, found.header.dataStart + entry.end);
  };
  return {
    manifest,
    readFile: readText,
    readTensor: async (file, tensor) => new Uint8Array(await bytesOf(file, tensor).arrayBuffer()),
    streamTensor: (file, tensor) => bytesOf(file, tensor).stream() as unknown as AsyncIterable<Uint8Array<ArrayBuffer>>,
  };
}

async function manifestOf(
  folder: string,
  runId: RunId,
  name: string,
  state: Readonly<Record<string, unknown>>,
  paths: readonly string[],
  files: ReadonlyMap<string, { header: SafetensorsHeader }>,
): Promise<CheckpointManifest> {
  const tensors: TensorEntry[] = [...files].flatMap(([file, { header }]) =>
    [...header.entries].map(([tensor, { dtype, shape, begin, end }]) => ({
      file,
      name: tensor,
      dtype: dtype as TensorEntry['dtype'],
      shape,
      byteLength: end - begin,
      crc32: null,
    })),
  );
  return {
    checkpointId: name as CheckpointId,
    runId,
    name,
    step: Number(state['global_step']),
    epoch: Number(state['epoch']),
    modelOnly: !files.has('optimizer.safetensors'),
    isBest: state['best_model_checkpoint'] === name,
    metrics: {},
    savedAt: (await stat(join(folder, 'trainer_state.json'))).mtimeMs,
    byteLength: tensors.reduce((sum, { byteLength }) => sum + byteLength, 0),
    tensors,
    files: paths.filter((path) => !path.endsWith('.safetensors')),
    schemaVersion: 1,
  };
}
