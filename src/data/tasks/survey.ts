// The first look at all rows of a file, for one task: which of them can be used, how long they are, which are empty and
// which are the same. Numbers only are kept. Done once for a file, a task and its columns.

import { GrowingInts } from '#formats/growing-ints.ts';
import { listPlaces, type Table, whereOf } from '#formats/table.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import { SharedWork } from '../shared-work.ts';
import { textHash } from '../text-hash.ts';
import { Slices, type WorkOptions } from '../work.ts';
import type { NeededColumn, RowReader } from './row-reader.ts';

export interface RowFacts {
  /** Numbers of the rows that can be used, ascending. */
  readonly usable: Int32Array;
  /** Of each row of the file: its characters, and a hash of what the model reads of it. */
  readonly characters: Int32Array;
  readonly hashes: Float64Array;
  /** Numbers of usable rows without a text. */
  readonly empty: Int32Array;
  readonly warnings: readonly string[];
}

export interface SurveyOptions extends WorkOptions {
  /** Rows that can not be used are left out; else the first of them is an error. */
  readonly skipBad: boolean;
}

/** @throws StudioError of the first row that can not be used; E-DATA-COLUMN when no row has a text. */
export async function surveyRows<Row>(
  table: Table,
  reader: RowReader<Row>,
  { skipBad, signal, onProgress }: SurveyOptions,
): Promise<RowFacts> {
  const characters = new Int32Array(table.rowCount);
  const hashes = new Float64Array(table.rowCount);
  const [usable, empty, missing] = [new GrowingInts(), new GrowingInts(), new GrowingInts()];
  const bad = new BadRows(table);
  const slices = new Slices(signal);
  const take = (row: Row, number: number): void => {
    if (reader.needed && isMissing(reader.needed.cellOf(row))) {
      missing.push(number);
      return;
    }
    const inputs = reader.inputs(row);
    characters[number] = inputs.reduce((sum, part) => sum + part.length, 0);
    hashes[number] = textHash(inputs);
    if (inputs.every((part) => part.trim() === '')) empty.push(number);
    usable.push(number);
    reader.note?.(row, number);
  };
  for (const [index, { first, count }] of table.blocks.entries()) {
    const rows = await table.readBlock(index);
    for (let i = 0; i < count; i++) {
      bad.guard(first + i, () => take(reader.read(rows[i]!, first + i), first + i));
      const mayRest = i % 256 === 255 || i === count - 1;
      if (mayRest && (await slices.giveWay())) onProgress?.(first + i + 1, table.rowCount);
    }
  }
  if (!skipBad) {
    bad.refuse();
    refuseMissing(table, missing, reader.needed);
  }
  refuseAllEmpty(table, reader.textColumn, usable, empty);
  return {
    usable: usable.toArray(),
    characters,
    hashes,
    empty: empty.toArray(),
    warnings: [
      ...leftOut(table, [...bad.numbers, ...missing.toArray()]),
      ...emptyWarnings(table, reader.textColumn, usable.length, empty.toArray()),
    ],
  };
}

const isMissing = (cell: unknown): boolean => cell === null || (typeof cell === 'string' && cell.trim() === '');

/** Rows whose reading fails, and the first failure. */
class BadRows {
  readonly numbers: number[] = [];
  readonly #table: Table;
  #first: StudioError | null = null;

  constructor(table: Table) {
    this.#table = table;
  }

  guard(number: number, work: () => void): void {
    try {
      work();
    } catch (thrown) {
      if (!(thrown instanceof StudioError)) throw thrown;
      this.#first ??= thrown;
      this.numbers.push(number);
    }
  }

  refuse(): void {
    if (!this.#first) return;
    const { code, message, where, hint, safe, fixes } = this.#first;
    const count = this.numbers.length;
    throw new StudioError(code, message, {
      ...(where === undefined ? {} : { where }),
      ...(hint === undefined ? {} : { hint }),
      ...(safe === undefined ? {} : { safe }),
      // Where no row is left, another column is meant.
      fixes: count < this.#table.rowCount ? [...fixes, { kind: 'leave-out-bad-rows', count }] : fixes,
      cause: this.#first,
    });
  }
}

function refuseMissing(table: Table, missing: GrowingInts, needed: NeededColumn | undefined): void {
  if (missing.length === 0 || !needed) return;
  const { what, column } = needed;
  const numbers = missing.toArray();
  throw new StudioError(
    'E-DATA-LABEL',
    msg`${table.fileName}: ${missing.length} of ${table.rowCount} rows have no ${what} in ${column}; lines ${listPlaces(table, numbers)}.`,
    {
      where: whereOf(table, numbers[0]!),
      hint: msg`Fill the ${what}s in or delete these rows.`,
      safe: msg`Your file was only read, not changed.`,
      fixes: missing.length < table.rowCount ? [{ kind: 'leave-out-bad-rows', count: missing.length }] : [],
    },
  );
}

function refuseAllEmpty(table: Table, textColumn: string | null, usable: GrowingInts, empty: GrowingInts): void {
  if (textColumn === null || empty.length < usable.length) return;
  throw new StudioError('E-DATA-COLUMN', msg`${table.fileName}: no row has a text in ${textColumn}.`, {
    where: table.fileName,
    hint: msg`Choose another column for the text. The file's columns are ${table.columns.join(', ')}.`,
  });
}

function leftOut(table: Table, numbers: readonly number[]): string[] {
  if (numbers.length === 0) return [];
  const lines = listPlaces(
    table,
    [...numbers].sort((a, b) => a - b),
  );
  return [
    msg`${table.fileName}: ${numbers.length} of ${table.rowCount} rows can not be used and were left out; lines ${lines}.`,
  ];
}

function emptyWarnings(table: Table, column: string | null, rows: number, empty: Int32Array): string[] {
  return column === null || empty.length === 0
    ? []
    : [
        msg`${table.fileName}: ${empty.length} of ${rows} rows have no text in ${column}; lines ${listPlaces(table, empty)}.`,
      ];
}

const surveys = new WeakMap<Table, Map<string, SharedWork<unknown>>>();
/** A person who tries other columns comes back to the former ones. */
const KEPT = 4;

/** What `make` gave for this file and key before, else what it gives now. */
export async function surveyedOnce<S>(
  table: Table,
  key: string,
  work: WorkOptions,
  make: (work: WorkOptions) => Promise<S>,
): Promise<S> {
  const known = surveys.get(table) ?? new Map<string, SharedWork<unknown>>();
  surveys.set(table, known);
  const found = known.get(key);
  const survey = found && !found.isAbandoned ? (found as SharedWork<S>) : new SharedWork(make);
  known.set(key, survey);
  for (const oldest of known.keys()) {
    if (known.size <= KEPT) break;
    known.delete(oldest);
  }
  try {
    return await survey.wait(work);
  } catch (thrown) {
    // Of one that others wait for still, nothing has failed but the waiting.
    if (!work.signal?.aborted && known.get(key) === survey) known.delete(key);
    throw thrown;
  }
}
