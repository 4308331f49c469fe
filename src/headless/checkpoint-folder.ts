// Opens a checkpoint folder on disk: one that a run here wrote, or one of transformers' Trainer, whose optimizer.pt,
// scheduler.pt and scaler.pt are shown under the names that a checkpoint has here.

import { openAsBlob } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readSafetensorsHeader, type SafetensorsHeader } from '#formats/safetensors.ts';
import type { CheckpointId, RunId } from '#protocol/ids.ts';
import type { CheckpointManifest, StoredCheckpoint, TensorEntry } from '#storage/checkpoint-store.ts';
import { PROGRESS_FILE, type Progress } from '#trainer/checkpoint-files.ts';
import { fromTrainerStateJson, type TrainerState } from '#trainer/trainer-state.ts';
import { parseHfJson, stringifyHfJson } from '#util/hf-json.ts';
import { StudioError } from '#util/studio-error.ts';
import {
  makeUpdateState,
  type NamedState,
  type ParameterLayout,
  type RunLayout,
  readOptimizerState,
  readSchedulerState,
} from '#worker/checkpoint-from-torch.ts';
import { OPTIMIZER_FILE, UPDATE_STATE } from '#worker/checkpoint-to-torch.ts';

/** The run that goes on from a folder which another program wrote. */
export type ForeignRun = Pick<RunLayout, 'paramGroups' | 'fp16'>;

interface FolderFiles {
  readonly folder: string;
  readonly paths: readonly string[];
  readonly readText: (path: string) => Promise<string>;
}

/** Bytes of a tensor, wherever they lie. */
interface OpenTensor extends TensorEntry {
  readonly bytes: () => Promise<Blob>;
}

/**
 * Opens any folder of this layout, also one that another run wrote.
 * @param run needed for a folder of transformers: torch numbers its parameters and does not name them. Without it such
 *   a folder is opened as a model alone.
 * @param only the files that belong to it; null: all that lie there.
 * @throws StudioError E-CHECKPOINT when it is damaged or does not fit the run.
 */
export async function openCheckpointFolder(
  folder: string,
  runId: RunId,
  name: string,
  run: ForeignRun | null = null,
  only: ReadonlySet<string> | null = null,
): Promise<StoredCheckpoint> {
  const readText = (path: string) => readTextIn(folder, path);
  const stateText = await readText('trainer_state.json');
  const state = fromTrainerStateJson(parseHfJson(stateText, 'trainer_state.json', 'E-CHECKPOINT'));
  const entries = await readdir(folder, { withFileTypes: true });
  const isPart = (path: string): boolean => only?.has(path) ?? true;
  const paths = entries.flatMap((entry) => (entry.isFile() && isPart(entry.name) ? [entry.name] : []));
  const files = { folder, readText, paths };
  const { tensors, progress } = await withTorchState(files, await safetensorsIn(files), run, state.globalStep);
  const bytesOf = async (file: string, tensor: string): Promise<Blob> => {
    const found = tensors.find((entry) => entry.file === file && entry.name === tensor);
    if (found) return found.bytes();
    throw new StudioError('E-CHECKPOINT', `The checkpoint ${folder} lacks ${tensor} in ${file}.`, {
      where: join(folder, file),
    });
  };
  return {
    manifest: await manifestOf(files, { runId, name, state, tensors }),
    readFile: async (path) => (path === PROGRESS_FILE && progress ? stringifyHfJson(progress) : readText(path)),
    readTensor: async (file, tensor) => new Uint8Array(await (await bytesOf(file, tensor)).arrayBuffer()),
    async *streamTensor(file, tensor) {
      yield* (await bytesOf(file, tensor)).stream() as unknown as AsyncIterable<Uint8Array<ArrayBuffer>>;
    },
  };
}

async function readTextIn(folder: string, path: string): Promise<string> {
  try {
    return await readFile(join(folder, path), 'utf8');
  } catch (cause) {
    throw new StudioError('E-CHECKPOINT', `The checkpoint ${folder} has no readable ${path}.`, {
      where: join(folder, path),
      cause,
    });
  }
}

async function safetensorsIn({ folder, paths }: FolderFiles): Promise<OpenTensor[]> {
  const all = await Promise.all(
    paths
      .filter((path) => path.endsWith('.safetensors'))
      .map(async (file) => {
        const blob = await openAsBlob(join(folder, file));
        return tensorsOf(file, blob, await readSafetensorsHeader(blob, file));
      }),
  );
  return all.flat();
}

function tensorsOf(file: string, blob: Blob, { entries, dataStart }: SafetensorsHeader): OpenTensor[] {
  return [...entries].map(([name, { dtype, shape, begin, end }]) => ({
    file,
    name,
    dtype: dtype as TensorEntry['dtype'],
    shape,
    byteLength: end - begin,
    crc32: null,
    bytes: async () => blob.slice(dataStart + begin, dataStart + end),
  }));
}

/** As in HF, both optimizer.pt and scheduler.pt are needed; one alone counts for nothing. */
async function withTorchState(
  files: FolderFiles,
  tensors: readonly OpenTensor[],
  run: ForeignRun | null,
  globalStep: number,
): Promise<{ readonly tensors: readonly OpenTensor[]; readonly progress: Progress | null }> {
  const { folder, paths } = files;
  const paramGroups = (await ownGroups(files)) ?? run?.paramGroups;
  if (!paramGroups || !paths.includes('optimizer.pt') || !paths.includes('scheduler.pt'))
    return { tensors, progress: null };
  const open = (path: string): Promise<Blob> => openAsBlob(join(folder, path));
  const optimizer = await readOptimizerState(await open('optimizer.pt'), paramGroups);
  const states = [...optimizer.tensors];
  if (!tensors.some(({ file, name }) => file === OPTIMIZER_FILE && name === UPDATE_STATE)) {
    const scaler = paths.includes('scaler.pt') ? await open('scaler.pt') : null;
    states.push(await makeUpdateState(optimizer, scaler, { fp16: run?.fp16 ?? false, globalStep }));
  }
  const progress = paths.includes(PROGRESS_FILE) ? null : await readSchedulerState(await open('scheduler.pt'));
  return { tensors: [...tensors, ...states.map(asTensor)], progress };
}

/** A run here writes down the names of its parameters. */
async function ownGroups({ paths, readText }: FolderFiles): Promise<readonly (readonly ParameterLayout[])[] | null> {
  if (!paths.includes(PROGRESS_FILE)) return null;
  const progress = parseHfJson(await readText(PROGRESS_FILE), PROGRESS_FILE, 'E-CHECKPOINT') as Progress;
  return progress.param_groups?.map(({ params }) => params.map((name) => ({ name, shape: [] }))) ?? null;
}

function asTensor({ name, shape, read }: NamedState): OpenTensor {
  const byteLength = shape.reduce((product, n) => product * n, 4);
  const bytes = async () => new Blob([await read()]);
  return { file: OPTIMIZER_FILE, name, dtype: 'F32', shape, byteLength, crc32: null, bytes };
}

interface ManifestParts {
  readonly runId: RunId;
  readonly name: string;
  readonly state: TrainerState;
  readonly tensors: readonly OpenTensor[];
}

async function manifestOf(
  { folder, paths }: FolderFiles,
  { runId, name, state, tensors }: ManifestParts,
): Promise<CheckpointManifest> {
  return {
    checkpointId: name as CheckpointId,
    runId,
    name,
    step: state.globalStep,
    epoch: state.epoch,
    modelOnly: !tensors.some(({ file }) => file === OPTIMIZER_FILE),
    isBest: state.bestModelCheckpoint === name,
    metrics: {},
    savedAt: (await stat(join(folder, 'trainer_state.json'))).mtimeMs,
    byteLength: tensors.reduce((sum, { byteLength }) => sum + byteLength, 0),
    tensors: tensors.map((tensor) => {
      const { bytes: _, ...entry } = tensor;
      return entry;
    }),
    files: paths.filter((path) => !path.endsWith('.safetensors') && !path.endsWith('.pt')),
    schemaVersion: 1,
  };
}
