// A task's rows, tokenized and parted: what a run trains and is evaluated on.

import type { Table } from '#formats/table.ts';
import { IGNORE_INDEX } from '#util/ignore-index.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import { type Dataset, type Example, InMemoryDataset } from '../dataset.ts';
import { ExampleStore, Selection } from '../example-store.ts';
import type { WorkOptions } from '../work.ts';
import type { AnswerFeature } from './answer-feature.ts';
import { eachRow, encodeFile } from './encode-rows.ts';
import type { TokenizedFile } from './feature-cache.ts';
import type { RowTask, TaskData, TaskSource } from './row-task.ts';
import { heldOut, type RowSet } from './split-rows.ts';

/** Tokenizes all rows, giving way to other work now and then. */
export async function prepareRows<Row>(task: RowTask<Row>, source: TaskSource, work: WorkOptions): Promise<TaskData> {
  const files = await encodeFiles(task, source, work);
  const warnings = [...task.warnings];
  const train = partOf(files, task.train);
  const cut = countCut(files, task.train);
  if (cut > 0) {
    const rows = task.train.numbers.length;
    warnings.push(msg`${cut} of ${rows} training texts are longer than ${source.maxLength} tokens and were cut.`);
  }
  warnings.push(...muteExamples(train, source));
  const joined = task.join?.(train, source.train.fileName);
  const parts =
    task.splitsExamples && joined
      ? splitExamples(joined, source, warnings)
      : { train: joined ? new InMemoryDataset(joined) : train, sets: await setsOf(task, files, work) };
  return {
    task: task.task,
    problemType: task.problemType,
    labels: task.labels,
    train: parts.train,
    validation: validationOf(parts.sets),
    warnings,
    answers: new Map(parts.sets.flatMap(({ dataset, answers }) => (answers ? [[dataset, answers] as const] : []))),
  };
}

/** A file as it is tokenized: which of its rows, and what they came to. */
interface EncodedFile {
  readonly numbers: Int32Array;
  readonly file: TokenizedFile;
  readonly examples: Dataset;
}

type EncodedFiles = ReadonlyMap<Table, EncodedFile>;

async function encodeFiles<Row>(
  task: RowTask<Row>,
  source: TaskSource,
  { signal, onProgress }: WorkOptions,
): Promise<EncodedFiles> {
  const rows = new Map<Table, Int32Array>();
  for (const { table, numbers } of [task.train, ...task.validation])
    rows.set(table, merged(rows.get(table) ?? new Int32Array(), numbers));
  const total = [...rows.values()].reduce((sum, { length }) => sum + length, 0);
  const files = new Map<Table, EncodedFile>();
  let before = 0;
  for (const [table, numbers] of rows) {
    const done = before;
    const file = await encodeFile(task, source, table, numbers, {
      signal,
      onProgress: (rowsDone) => onProgress?.(done + rowsDone, total),
    });
    files.set(table, { numbers, file, examples: new ExampleStore(file.segments) });
    before += numbers.length;
  }
  return files;
}

function merged(some: Int32Array, others: Int32Array): Int32Array {
  const all = new Int32Array(some.length + others.length);
  all.set(some);
  all.set(others, some.length);
  return all.sort();
}

/** The examples of a part, in the order of its file. */
function partOf(files: EncodedFiles, { table, numbers }: RowSet): Dataset {
  const { file, examples, ...all } = files.get(table)!;
  const indices = new Int32Array(file.ends.at(-1) ?? 0);
  let count = 0;
  for (const place of placesOf(all.numbers, numbers)) {
    for (let i = place === 0 ? 0 : file.ends[place - 1]!; i < file.ends[place]!; i++) indices[count++] = i;
  }
  return count === examples.length ? examples : new Selection(examples, indices.slice(0, count));
}

/** Where each of some rows stands among all; both ascending. */
function* placesOf(all: Int32Array, some: Int32Array): Generator<number> {
  let place = 0;
  for (const number of some) {
    while (all[place]! < number) place++;
    yield place;
  }
}

function countCut(files: EncodedFiles, { table, numbers }: RowSet): number {
  const { file, ...all } = files.get(table)!;
  let count = 0;
  for (const place of placesOf(all.numbers, numbers)) count += file.truncated[place]!;
  return count;
}

interface EncodedSet {
  readonly name: string | null;
  readonly dataset: Dataset;
  readonly answers: readonly AnswerFeature[] | null;
}

async function setsOf<Row>(task: RowTask<Row>, files: EncodedFiles, { signal }: WorkOptions): Promise<EncodedSet[]> {
  const sets: EncodedSet[] = [];
  for (const set of task.validation.filter(({ numbers }) => numbers.length > 0)) {
    const examples = partOf(files, set);
    const joined = task.join?.(examples, set.table.fileName);
    const { answersOf } = task;
    const answers: AnswerFeature[] = [];
    if (answersOf) {
      await eachRow(task, set.table, set.numbers, { signal }, (row, i) => void answers.push(...answersOf(row, i)));
    }
    sets.push({
      name: set.name,
      dataset: joined ? new InMemoryDataset(joined) : examples,
      answers: answersOf ? answers : null,
    });
  }
  return sets;
}

function splitExamples(joined: readonly Example[], source: TaskSource, warnings: string[]) {
  const held = heldOut(joined.length, source, null, warnings);
  const validation = joined.filter((_, i) => held.has(i));
  const set = { name: null, dataset: new InMemoryDataset(validation), answers: null };
  return {
    train: new InMemoryDataset(joined.filter((_, i) => !held.has(i))),
    sets: validation.length > 0 ? [set] : [],
  };
}

/** A single set without a name is one data set. */
function validationOf(sets: readonly EncodedSet[]): TaskData['validation'] {
  const [first] = sets;
  if (!first || first.name === null) return first?.dataset ?? null;
  return Object.fromEntries(sets.map(({ name, dataset }) => [name, dataset]));
}

/**
 * Tells of examples all of whose labels are ignored: chats without an assistant, prompts as long as the model reads.
 * @throws StudioError E-DATA-LABEL when all are so.
 */
function muteExamples(examples: Dataset, { train, maxLength }: TaskSource): string[] {
  let mute = 0;
  for (let i = 0; i < examples.length; i++) {
    const { labels } = examples.get(i);
    if (!(labels instanceof Int32Array)) return [];
    if (labels.every((label) => label === IGNORE_INDEX)) mute++;
  }
  if (mute === 0) return [];
  const message = msg`${mute} of ${examples.length} training texts have nothing to learn within ${maxLength} tokens`;
  if (mute < examples.length) return [msg`${message}.`];
  throw new StudioError('E-DATA-LABEL', msg`${train.fileName}: ${message}.`, {
    where: train.fileName,
    hint: msg`Chats need a message of the assistant, prompts a completion, and max_length has to reach it.`,
    safe: msg`Your file was only read, not changed.`,
  });
}
