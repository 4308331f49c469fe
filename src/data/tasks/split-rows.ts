// What is trained on and what is evaluated on: rows of files of their own, or held out, the same ones for the same seed.

import type { Table } from '#formats/table.ts';
import type { LeftOut } from '#protocol/messages.ts';
import { msg } from '#util/msg.ts';
import { randperm } from '#util/mt19937.ts';
import { StudioError } from '#util/studio-error.ts';
import { HashIndex } from '../text-hash.ts';
import { stratifiedHeldOut } from './stratify.ts';
import type { RowFacts } from './survey.ts';

export interface SplitOptions {
  /** Share of the rows to hold out, in [0, 1). */
  readonly validationFraction: number;
  readonly splitSeed: number;
}

/**
 * Which of `count` things are held out: the first round(count · fraction) of a seeded permutation; or, with the class of
 * each, as many of each class as its share comes to.
 * @throws StudioError E-ARGS for a share that is none, or leaves nothing to train on; E-DATA-LABEL for classes of one row.
 */
export function heldOut(
  count: number,
  { validationFraction, splitSeed }: SplitOptions,
  classes: Int32Array | null,
  warnings: string[],
): ReadonlySet<number> {
  if (!(validationFraction >= 0 && validationFraction < 1)) {
    throw new StudioError(
      'E-ARGS',
      msg`The share of rows held out for validation is ${validationFraction}, but has to be at least 0 and below 1.`,
      { where: 'validation_fraction' },
    );
  }
  const held = Math.round(count * validationFraction);
  if (count > 0 && held === count) {
    throw new StudioError('E-ARGS', msg`Holding out ${validationFraction} of ${count} rows leaves none to train on.`, {
      where: 'validation_fraction',
      hint: msg`Hold out a smaller share, or add rows.`,
    });
  }
  if (held === 0 && validationFraction > 0)
    warnings.push(
      msg`${count} rows are too few to hold ${Math.round(validationFraction * 100)} % of them out; there will be no validation.`,
    );
  const order = randperm(count, splitSeed);
  return new Set(classes && held > 0 ? stratifiedHeldOut(order, held, classes) : order.subarray(0, held));
}

/** Rows of a file that make up a part, ascending. */
export interface RowSet {
  /** Null: the only one of its kind. */
  readonly name: string | null;
  readonly table: Table;
  readonly facts: RowFacts;
  readonly numbers: Int32Array;
}

export interface RowParts {
  readonly train: RowSet;
  readonly validation: readonly RowSet[];
}

/** One file to evaluate on, several by name, or none. */
export type ValidationTables = Table | ReadonlyMap<string, Table> | null;

export function validationTables(validation: ValidationTables): readonly (readonly [name: string | null, Table])[] {
  if (validation === null) return [];
  return 'readBlock' in validation ? [[null, validation]] : [...validation];
}

/** What the readers of all files had to say. */
export function tableWarnings({ train, validation }: { train: Table; validation: ValidationTables }): string[] {
  return [train, ...validationTables(validation).map(([, table]) => table)].flatMap(({ warnings }) => warnings);
}

export interface Surveyed {
  readonly name: string | null;
  readonly table: Table;
  readonly facts: RowFacts;
}

export interface PartOptions extends SplitOptions {
  readonly leaveOut: readonly LeftOut[];
  /** Class of each row of the training file by its number; null: the split is not stratified. */
  readonly classes: Int32Array | null;
}

/**
 * The rows of the files that are to be used; without a validation file some of `train` are held out.
 * @throws StudioError as `heldOut`.
 */
export function partRows(
  train: Surveyed,
  validation: readonly Surveyed[],
  options: PartOptions,
  warnings: string[],
): RowParts {
  const numbers = withoutRepeats(train.facts, withoutEmpty(train.facts, options.leaveOut), options.leaveOut);
  const parts =
    validation.length > 0 ? ownParts(train, numbers, validation, options) : split(train, numbers, options, warnings);
  if (!options.leaveOut.includes('in-validation')) return parts;
  const { facts } = train;
  const found = rowsInValidation(parts);
  return {
    ...parts,
    train: { ...parts.train, numbers: parts.train.numbers.filter((row) => found.of(facts.hashes[row]!) === null) },
  };
}

function ownParts(
  train: Surveyed,
  numbers: Int32Array,
  validation: readonly Surveyed[],
  { leaveOut }: PartOptions,
): RowParts {
  return {
    train: { ...train, numbers },
    validation: validation.map((set) => ({ ...set, numbers: withoutEmpty(set.facts, leaveOut) })),
  };
}

function split(train: Surveyed, numbers: Int32Array, options: PartOptions, warnings: string[]): RowParts {
  const { classes } = options;
  const held = heldOut(numbers.length, options, classes && numbers.map((row) => classes[row]!), warnings);
  return {
    train: { ...train, numbers: numbers.filter((_, i) => !held.has(i)) },
    validation: [{ ...train, numbers: numbers.filter((_, i) => held.has(i)) }],
  };
}

function withoutEmpty({ usable, empty }: RowFacts, leaveOut: readonly LeftOut[]): Int32Array {
  if (!leaveOut.includes('empty')) return usable;
  const gone = new Set(empty);
  return usable.filter((row) => !gone.has(row));
}

/** Of rows with the same text the first stays. */
function withoutRepeats({ hashes }: RowFacts, numbers: Int32Array, leaveOut: readonly LeftOut[]): Int32Array {
  if (!leaveOut.includes('duplicates')) return numbers;
  const index = new HashIndex(hashes, numbers.length);
  return numbers.filter((row) => index.add(row) === -1);
}

export interface FoundRow {
  readonly set: RowSet;
  readonly row: number;
}

/** Finds the validation row that is the same as one with this hash. */
export function rowsInValidation({ validation }: RowParts): { readonly of: (hash: number) => FoundRow | null } {
  const indices = validation.map((set) => {
    const index = new HashIndex(set.facts.hashes, set.numbers.length);
    for (const row of set.numbers) index.add(row);
    return { set, index };
  });
  return {
    of: (hash) => {
      for (const { set, index } of indices) {
        const row = index.find(hash);
        if (row !== -1) return { set, row };
      }
      return null;
    },
  };
}
