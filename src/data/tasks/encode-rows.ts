// Rows of a file → tokenized examples, in the order of the file.

import { GrowingInts } from '#formats/growing-ints.ts';
import { blockOf, type Table } from '#formats/table.ts';
import { Crc32 } from '#util/crc32.ts';
import { ExampleStore } from '../example-store.ts';
import { Slices, type WorkOptions } from '../work.ts';
import type { TokenizedFile } from './feature-cache.ts';
import { type RowTask, rolesIn, type TaskSource } from './row-task.ts';

/** Calls `use` with rows of a file, in their order, giving way to other work now and then. */
export async function eachRow<Row>(
  task: Pick<RowTask<Row>, 'reader'>,
  table: Table,
  numbers: Int32Array,
  { signal, onProgress }: WorkOptions,
  use: (row: Row, index: number) => void,
): Promise<void> {
  const reader = task.reader(table);
  const slices = new Slices(signal);
  let index = -1;
  let block: Awaited<ReturnType<Table['readBlock']>> = [];
  for (const [i, number] of numbers.entries()) {
    const wanted = blockOf(table, number);
    if (wanted !== index) {
      index = wanted;
      block = await table.readBlock(index);
    }
    use(reader.read(block[number - table.blocks[index]!.first]!, number), i);
    if (await slices.giveWay()) onProgress?.(i + 1, numbers.length);
  }
  onProgress?.(numbers.length, numbers.length);
}

/** Tokenizes rows of a file, or takes what was made of them before. */
export async function encodeFile<Row>(
  task: RowTask<Row>,
  source: TaskSource,
  table: Table,
  numbers: Int32Array,
  work: WorkOptions,
): Promise<TokenizedFile> {
  const key = await featureKey(task, source, table, numbers);
  const kept = key === null ? null : await source.features!.load(key);
  if (kept) {
    work.onProgress?.(numbers.length, numbers.length);
    return kept;
  }
  const store = new ExampleStore();
  const [ends, lengths, truncated] = [new GrowingInts(), new GrowingInts(), new Uint8Array(numbers.length)];
  let examples = 0;
  await eachRow(task, table, numbers, work, (row, i) => {
    const encoded = task.encode(row);
    for (const example of encoded.examples) store.add(example);
    examples += encoded.examples.length;
    ends.push(examples);
    lengths.push(encoded.length);
    if (encoded.truncated > 0) truncated[i] = 1;
  });
  store.finish();
  const file = { segments: store.segments, ends: ends.toArray(), lengths: lengths.toArray(), truncated };
  if (key !== null) await source.features!.save(key, table.fileName, file);
  return file;
}

/** What the tokenized rows of a file are kept under; null: they are not kept. */
export async function featureKey<Row>(
  task: RowTask<Row>,
  source: TaskSource,
  table: Table,
  numbers: Int32Array,
): Promise<string | null> {
  return (await source.features?.keyOf(table, settingsOf(task, source, table, numbers))) ?? null;
}

/** What the examples depend on, besides the content of the file and the tokenizer. */
function settingsOf<Row>(task: RowTask<Row>, source: TaskSource, table: Table, numbers: Int32Array): string {
  const crc = new Crc32();
  crc.update(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength));
  const { options, maxLength } = source;
  return JSON.stringify([
    task.task,
    task.problemType,
    task.labels,
    rolesIn(source, table),
    options,
    maxLength,
    numbers.length,
    crc.digest(),
  ]);
}
