// A checkpoint as a zip that holds a HuggingFace folder, streamed piece by piece from storage to where it goes.

import { orderTensors, safetensorsHeaderBytes } from '#formats/safetensors.ts';
import type { TorchArchive } from '#formats/torch-writer.ts';
import { type ZipEntry, zipStream } from '#formats/zip-stream.ts';
import type { LogEntry } from '#protocol/metrics.ts';
import type { StoredCheckpoint, TensorSource } from '#storage/checkpoint-store.ts';
import type { RunRecord } from '#storage/schema.ts';
import { parseHfJson, stringifyHfJson } from '#util/hf-json.ts';
import { OPTIMIZER_FILE, torchFiles } from './checkpoint-to-torch.ts';
import { mergedModel } from './merged-model.ts';
import { type ModelCardFacts, modelCard } from './model-card.ts';
import { type OpenedModel, savedFilesOf } from './opened-model.ts';

/** Files that only a resume here needs. */
const INTERNAL = new Set(['progress.json']);
const EXPORTS = 'exports';

/** What a model card tells that the checkpoint does not. */
export type RunFacts = Omit<ModelCardFacts, 'trainingArguments' | 'logHistory' | 'step'>;

export function factsOf(record: RunRecord, device: string): RunFacts {
  const { name, modelName: baseModel, dataName, setup, origin, problemType, labels, card } = record;
  return {
    name,
    baseModel,
    dataName,
    task: setup.task,
    ...(origin ? { origin } : {}),
    problemType,
    labels,
    device,
    ...(card ? { texts: card } : {}),
  };
}

/** The model that an adapter sits on. */
interface MergeInto {
  readonly record: RunRecord;
  readonly base: OpenedModel;
}

export interface Exported {
  readonly file: Blob | null;
  readonly fileName: string;
  readonly bytes: number;
}

/**
 * @param base the model that an adapter sits on: the zip holds both, merged. Null: the checkpoint as it is.
 * @param target where the browser can write to disk directly; else the zip lies in the origin's private files. */
export async function exportCheckpoint(
  stored: StoredCheckpoint,
  record: RunRecord,
  device: string,
  target: FileSystemFileHandle | null,
  base: OpenedModel | null,
): Promise<Exported> {
  const folder = `${slug(record.name)}-${stored.manifest.name}${base ? '-merged' : ''}`;
  const facts = factsOf(record, device);
  const entries = base ? await modelEntries(stored, facts, { record, base }) : await checkpointEntries(stored, facts);
  return writeZip(entries, folder, target);
}

/** @param folder what the zip holds, and is called. */
export async function writeZip(
  entries: readonly ZipEntry[],
  folder: string,
  target: FileSystemFileHandle | null,
): Promise<Exported> {
  const fileName = `${folder}.zip`;
  const zip = zipStream(entries.map((entry) => ({ ...entry, name: `${folder}/${entry.name}` })));
  const handle = target ?? (await privateFile(fileName));
  if (!handle) {
    const file = await new Response(zip).blob();
    return { file, fileName, bytes: file.size };
  }
  await zip.pipeTo(await handle.createWritable());
  const file = await handle.getFile();
  return { file: target ? null : file, fileName, bytes: file.size };
}

/** Writes the checkpoint's files into a folder of its name. @returns bytes written. */
export async function saveToFolder(
  stored: StoredCheckpoint,
  record: RunRecord,
  device: string,
  folder: FileSystemDirectoryHandle,
): Promise<number> {
  const entries = await checkpointEntries(stored, factsOf(record, device));
  const place = await folder.getDirectoryHandle(`${slug(record.name)}-${stored.manifest.name}`, { create: true });
  let bytes = 0;
  for (const { name, data } of entries) {
    const file = await place.getFileHandle(name, { create: true });
    const writable = await file.createWritable();
    if (typeof data === 'string') await writable.write(data);
    else for await (const piece of data) await writable.write(piece as Uint8Array<ArrayBuffer>);
    await writable.close();
    bytes += (await file.getFile()).size;
  }
  return bytes;
}

/** Removes zips of earlier downloads. */
export async function clearExports(): Promise<void> {
  try {
    const root = await navigator.storage.getDirectory();
    await root.removeEntry(EXPORTS, { recursive: true });
  } catch {
    // There were none, or this browser has no private files.
  }
}

async function privateFile(name: string): Promise<FileSystemFileHandle | null> {
  try {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle(EXPORTS, { create: true });
    const handle = await folder.getFileHandle(name, { create: true });
    return 'createWritable' in handle ? handle : null;
  } catch {
    // Private windows have no such files: the zip is made in memory.
    return null;
  }
}

/** The HuggingFace folder with what HF's Trainer resumes from, where it is stored. */
export async function checkpointEntries(stored: StoredCheckpoint, facts: RunFacts): Promise<ZipEntry[]> {
  const archives = stored.manifest.modelOnly ? new Map<string, TorchArchive>() : await archivesOf(stored);
  return [
    ...(await modelEntries(stored, facts)),
    ...[...archives].map(([name, archive]) => ({ name, size: archive.byteLength, data: archive.chunks() })),
  ];
}

/** README.md alone. */
export async function cardOfCheckpoint(stored: StoredCheckpoint, facts: RunFacts): Promise<string> {
  const texts = new Map<string, string>();
  for (const path of ['training_args.json', 'trainer_state.json']) texts.set(path, await stored.readFile(path));
  return cardOf(texts, stored, facts);
}

/** The HuggingFace folder without what resuming needs: model card, texts and weights. */
export async function modelEntries(
  stored: StoredCheckpoint,
  facts: RunFacts,
  merge: MergeInto | null = null,
): Promise<ZipEntry[]> {
  const texts = new Map<string, string>();
  for (const path of stored.manifest.files) if (!INTERNAL.has(path)) texts.set(path, await stored.readFile(path));
  texts.set('README.md', cardOf(texts, stored, facts));
  const { file, tensors } = merge ? await mergedWeights(stored, merge, texts) : storedWeights(stored);
  const header = safetensorsHeaderBytes(tensors);
  const weights = async function* () {
    yield header;
    for (const { chunks } of tensors) yield* chunks();
  };
  const size = tensors.reduce((sum, { byteLength }) => sum + byteLength, header.byteLength);
  return [...[...texts].map(([name, data]) => ({ name, data })), { name: file, size, data: weights() }];
}

interface Weights {
  readonly file: string;
  readonly tensors: readonly Pick<TensorSource, 'name' | 'dtype' | 'shape' | 'byteLength' | 'chunks'>[];
}

/** Of the whole model, or of its adapter. */
function storedWeights(stored: StoredCheckpoint): Weights {
  const entries = stored.manifest.tensors.filter(({ file }) => file !== OPTIMIZER_FILE);
  const file = entries[0]!.file;
  return {
    file,
    tensors: orderTensors(entries).map((entry) => ({ ...entry, chunks: () => stored.streamTensor(file, entry.name) })),
  };
}

async function mergedWeights(
  stored: StoredCheckpoint,
  { record, base }: MergeInto,
  texts: Map<string, string>,
): Promise<Weights> {
  const { config, tensors } = mergedModel(base, { ...record, task: record.setup.task }, record.setup.peft!, stored);
  texts.delete('adapter_config.json');
  texts.set('config.json', stringifyHfJson(config));
  for (const [name, text] of await savedFilesOf(base, record.setup.task)) texts.set(name, text);
  return { file: 'model.safetensors', tensors: orderTensors(tensors) };
}

/** What HF's Trainer resumes from, beside the weights. */
function archivesOf(stored: StoredCheckpoint): Promise<ReadonlyMap<string, TorchArchive>> {
  const tensors = stored.manifest.tensors.filter(({ file }) => file === OPTIMIZER_FILE);
  return torchFiles({
    readText: (path) => stored.readFile(path),
    state: tensors.map(({ name, shape }) => ({
      name,
      shape,
      chunks: () => stored.streamTensor(OPTIMIZER_FILE, name),
    })),
  });
}

function cardOf(texts: ReadonlyMap<string, string>, stored: StoredCheckpoint, facts: RunFacts): string {
  const json = (path: string) => parseHfJson(texts.get(path) ?? '{}', path, 'E-CHECKPOINT') as Record<string, unknown>;
  return modelCard({
    ...facts,
    trainingArguments: json('training_args.json'),
    logHistory: (json('trainer_state.json')['log_history'] ?? []) as LogEntry[],
    step: stored.manifest.step,
  });
}

/** A name that any file system takes. */
export function slug(name: string): string {
  return (
    name
      .normalize('NFKD')
      .replace(/[^\w.-]+/g, '-')
      .replace(/^[-.]+|[-.]+$/g, '')
      .slice(0, 60) || 'model'
  );
}
