// `--continue-elsewhere FOLDER`: the run as a folder that goes on in Python. Nothing is trained.

import { createWriteStream, existsSync, openAsBlob, readdirSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ZipEntry } from '#formats/zip-stream.ts';
import { PROGRESS_FILE } from '#trainer/checkpoint-files.ts';
import { StudioError } from '#util/studio-error.ts';
import { OPTIMIZER_FILE } from '#worker/checkpoint-to-torch.ts';
import {
  type ExportedRun,
  type ExportedStart,
  exportFolder,
  FROM_MODEL,
  piecesOf,
} from '#worker/python-export/export-folder.ts';
import { ADAPTER_FOLDER } from '#worker/python-export/python-run.ts';
import { dataNameOf, type RunConfig } from './run-config.ts';

/** What only a run here reads, and a pickle that nobody does. */
const LEFT_OUT = new Set([PROGRESS_FILE, OPTIMIZER_FILE, 'training_args.bin']);

export interface ContinuedRun extends Pick<ExportedRun, 'source' | 'model' | 'peft'> {
  readonly config: RunConfig;
  /** Checkpoint to go on from; null: the config's adapter, or else the model. */
  readonly checkpointFolder: string | null;
}

/** @throws StudioError E-STORAGE where the folder has content already or can not be written. */
export async function continueElsewhere(target: string, run: ContinuedRun): Promise<void> {
  if (existsSync(target) && readdirSync(target).length > 0) {
    throw new StudioError('E-STORAGE', `The folder ${target} is not empty.`, {
      where: '--continue-elsewhere',
      hint: 'Name a folder that is empty or not there yet.',
      safe: 'Nothing was written.',
    });
  }
  const { config, source, model, peft } = run;
  const { task, rawArguments, earlyStopping } = config;
  const name = `${model.name} on ${dataNameOf(config)}`;
  const entries = await exportFolder({
    name,
    task,
    source,
    model,
    peft,
    rawArguments,
    earlyStopping: stoppingOf(earlyStopping),
    from: await startOf(run),
  });
  const partial = `${target}.partial`;
  try {
    await rm(partial, { recursive: true, force: true });
    for (const { name, data } of entries) {
      const path = join(partial, name);
      await mkdir(dirname(path), { recursive: true });
      await pipeline(Readable.from(typeof data === 'string' ? [data] : data), createWriteStream(path));
    }
    await rm(target, { recursive: true, force: true });
    await rename(partial, target);
  } catch (cause) {
    if (existsSync(partial)) await rm(partial, { recursive: true });
    if (cause instanceof StudioError) throw cause;
    throw new StudioError('E-STORAGE', `The folder ${target} can not be written: ${(cause as Error).message}`, {
      where: '--continue-elsewhere',
      safe: 'Nothing was left behind.',
      cause,
    });
  }
}

const stoppingOf = (given: RunConfig['earlyStopping']): ExportedRun['earlyStopping'] =>
  given && { patience: given.patience ?? 1, threshold: given.threshold ?? 0 };

async function startOf({ checkpointFolder, config: { adapter } }: ContinuedRun): Promise<ExportedStart> {
  if (checkpointFolder !== null) {
    const entries = await filesIn(checkpointFolder, (name) => !LEFT_OUT.has(name));
    const hasOptimizer = ['optimizer.pt', 'scheduler.pt'].every((name) => entries.some((entry) => entry.name === name));
    return { name: basename(checkpointFolder), hasOptimizer, entries };
  }
  if (adapter === null) return FROM_MODEL;
  // Its configuration is the run's, which may be otherwise.
  const entries = await filesIn(adapter, (name) => name === 'adapter_model.safetensors');
  return { name: ADAPTER_FOLDER, hasOptimizer: false, entries };
}

async function filesIn(folder: string, isKept: (name: string) => boolean): Promise<ZipEntry[]> {
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile() && isKept(entry.name));
  return Promise.all(
    files.map(async ({ name }) => {
      const blob = await openAsBlob(join(folder, name));
      return { name, size: blob.size, data: piecesOf(blob) };
    }),
  );
}
