// The folder in which a run leaves for Python: data, model, checkpoint, train.py and what goes with it.

import { recordTask } from '#data/tasks/prepare-task.ts';
import type { TaskRecords } from '#data/tasks/record-rows.ts';
import type { TaskSource } from '#data/tasks/row-task.ts';
import type { CellObject } from '#formats/table.ts';
import type { ZipEntry } from '#formats/zip-stream.ts';
import { PeftModel } from '#models/peft/peft-model.ts';
import type { LoraConfig } from '#protocol/lora-config.ts';
import { stringifyHfJson } from '#util/hf-json.ts';
import type { Task } from '#util/task.ts';
import { describeRun } from '../describe-run.ts';
import type { OpenedModel } from '../opened-model.ts';
import { DISTRIBUTED_CONFIGS } from './distributed-configs.ts';
import { exportReadme } from './export-readme.ts';
import { ADAPTER_FOLDER, MODEL_FOLDER, modelFolderOf, type PythonRun, validationFile } from './python-run.ts';
import { requirements } from './requirements.ts';
import { trainScript } from './train-script.ts';

export interface ExportedRun {
  readonly name: string;
  readonly task: Task;
  readonly source: TaskSource;
  readonly model: OpenedModel;
  /** Null: all weights are trained. */
  readonly peft: LoraConfig | null;
  readonly rawArguments: Readonly<Record<string, unknown>>;
  readonly earlyStopping: PythonRun['earlyStopping'];
  readonly from: ExportedStart;
}

/** Weights that the run goes on with. */
export interface ExportedStart {
  /** `checkpoint-<step>` to resume from; any other name: weights to begin with. Null: the model itself. */
  readonly name: string | null;
  readonly hasOptimizer: boolean;
  /** Its files, by bare name: of the adapter alone, where one is trained. */
  readonly entries: readonly ZipEntry[];
}

/** The model itself, with a new adapter where one is trained. */
export const FROM_MODEL: ExportedStart = { name: null, hasOptimizer: false, entries: [] };

const isCheckpoint = (name: string | null): name is string => name !== null && /^checkpoint-\d+$/.test(name);

/** @returns files by their path in the folder. @throws as `recordTask` for data that does not fit. */
export async function exportFolder(exported: ExportedRun): Promise<ZipEntry[]> {
  const { task, source, model, from } = exported;
  const records = await recordTask(task, source);
  const run = describe(exported, records);
  const { checkpoint } = run.start;
  const folder = checkpoint ?? (run.adapterConfig ? ADAPTER_FOLDER : MODEL_FOLDER);
  const needsModel = modelFolderOf(run) === MODEL_FOLDER && !(from.entries.length > 0 && folder === MODEL_FOLDER);
  return [
    { name: 'README.md', data: exportReadme(run) },
    { name: 'train.py', data: trainScript(run) },
    { name: 'requirements.txt', data: requirements(run) },
    ...Object.entries(DISTRIBUTED_CONFIGS).map(([name, data]) => ({ name, data })),
    { name: 'data/train.jsonl', data: jsonLines(records.train) },
    ...records.validation.map(({ name, rows }) => ({
      name: `data/${validationFile(name)}.jsonl`,
      data: jsonLines(rows),
    })),
    ...(needsModel ? modelFiles(model) : []),
    ...startFiles(from, run).map((entry) => ({ ...entry, name: `${folder}/${entry.name}` })),
  ];
}

/** An adapter of its weights alone gets the configuration that the run gives it. */
function startFiles({ entries }: ExportedStart, { adapterConfig }: PythonRun): readonly ZipEntry[] {
  const isBare = entries.length > 0 && !entries.some(({ name }) => name === 'adapter_config.json');
  if (!adapterConfig || !isBare) return entries;
  return [...entries, { name: 'adapter_config.json', data: stringifyHfJson(adapterConfig) }];
}

function describe(
  { name, task, source, model, peft, rawArguments, earlyStopping, from }: ExportedRun,
  records: TaskRecords,
): PythonRun {
  const { problemType, labels, splitsExamples, validation } = records;
  const { network } = describeRun(model, { task, problemType, labels }, peft);
  const { validationFraction: fraction, splitSeed: seed } = source;
  const heldOut = splitsExamples && fraction > 0 ? { fraction, seed } : null;
  const checkpoint = isCheckpoint(from.name) ? from.name : null;
  const adapter = from.entries.length > 0 ? (checkpoint ?? ADAPTER_FOLDER) : null;
  return {
    name,
    task,
    problemType,
    labels,
    roles: source.roles,
    options: source.options,
    maxLength: source.maxLength,
    isDocument: source.train.format === 'txt',
    heldOut,
    hasValidation: validation.length > 0 || heldOut !== null,
    validationNames: validation.flatMap((set) => set.name ?? []),
    earlyStopping,
    tokenizer: model.tokenizer,
    rawArguments,
    adapterConfig: network instanceof PeftModel ? network.configJson() : null,
    start: { checkpoint, hasOptimizer: from.hasOptimizer, adapter: peft ? adapter : null },
  };
}

const ROWS_AT_ONCE = 1000;

async function* jsonLines(records: readonly CellObject[]): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for (let at = 0; at < records.length; at += ROWS_AT_ONCE) {
    const lines = records.slice(at, at + ROWS_AT_ONCE).map((record) => `${JSON.stringify(record)}\n`);
    yield encoder.encode(lines.join(''));
  }
}

/** Configuration, weights and tokenizer, as they came; an adapter beside them would be loaded along. */
function modelFiles({ files, tokenizer }: OpenedModel): ZipEntry[] {
  const isWeights = (name: string): boolean =>
    /\.safetensors(\.index\.json)?$/.test(name) && !/^(adapter_model|optimizer)\./.test(name);
  const isKept = (name: string): boolean =>
    name === 'config.json' || name === 'generation_config.json' || isWeights(name) || tokenizer.savedFiles.has(name);
  return [...files]
    .filter(([name]) => isKept(name))
    .map(([name, blob]) => ({ name: `${MODEL_FOLDER}/${name}`, size: blob.size, data: piecesOf(blob) }));
}

const PIECE_BYTES = 4 * 1024 * 1024;

export async function* piecesOf(blob: Blob): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < blob.size; at += PIECE_BYTES)
    yield new Uint8Array(await blob.slice(at, at + PIECE_BYTES).arrayBuffer());
}
