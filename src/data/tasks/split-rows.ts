// What is trained on and what is evaluated on: rows of files of their own, or held out, the same ones for the same seed.

import type { Table } from '#formats/table.ts';
import { msg } from '#util/msg.ts';
import { randperm } from '#util/mt19937.ts';
import { StudioError } from '#util/studio-error.ts';

export interface SplitOptions {
  /** Share of the rows to hold out, in [0, 1). */
  readonly validationFraction: number;
  readonly splitSeed: number;
}

/**
 * Holds the first round(n · fraction) rows of a seeded permutation out; both parts keep the order of the file.
 * @throws StudioError E-ARGS for a share that is none, or leaves nothing to train on.
 */
export function splitRows<T>(
  rows: readonly T[],
  { validationFraction, splitSeed }: SplitOptions,
  warnings: string[],
): { train: readonly T[]; validation: readonly T[] } {
  if (!(validationFraction >= 0 && validationFraction < 1)) {
    throw new StudioError(
      'E-ARGS',
      msg`The share of rows held out for validation is ${validationFraction}, but has to be at least 0 and below 1.`,
      { where: 'validation_fraction' },
    );
  }
  const count = Math.round(rows.length * validationFraction);
  if (rows.length > 0 && count === rows.length) {
    throw new StudioError(
      'E-ARGS',
      msg`Holding out ${validationFraction} of ${rows.length} rows leaves none to train on.`,
      { where: 'validation_fraction', hint: msg`Hold out a smaller share, or add rows.` },
    );
  }
  if (count === 0 && validationFraction > 0)
    warnings.push(
      msg`${rows.length} rows are too few to hold ${Math.round(validationFraction * 100)} % of them out; there will be no validation.`,
    );
  const heldOut = new Set(randperm(rows.length, splitSeed).subarray(0, count));
  return { train: rows.filter((_, i) => !heldOut.has(i)), validation: rows.filter((_, i) => heldOut.has(i)) };
}

/** Rows that are evaluated on. */
export interface RowSet<Row> {
  /** Null: the only one. */
  readonly name: string | null;
  readonly fileName: string;
  readonly rows: readonly Row[];
}

export interface RowParts<Row> {
  readonly train: readonly Row[];
  readonly validation: readonly RowSet<Row>[];
}

/** One file to evaluate on, several by name, or none. */
export type ValidationTables = Table | ReadonlyMap<string, Table> | null;

function validationTables(validation: ValidationTables): readonly (readonly [name: string | null, Table])[] {
  if (validation === null) return [];
  return 'rows' in validation ? [[null, validation]] : [...validation];
}

/** What the readers of all files had to say. */
export function tableWarnings({ train, validation }: { train: Table; validation: ValidationTables }): string[] {
  return [train, ...validationTables(validation).map(([, table]) => table)].flatMap(({ warnings }) => warnings);
}

/**
 * The rows of the validation files, each read by `read`; without any, some of `rows` are held out.
 * @throws StudioError as `splitRows`.
 */
export function partRows<Row>(
  rows: readonly Row[],
  source: SplitOptions & { readonly train: Table; readonly validation: ValidationTables },
  read: (table: Table) => readonly Row[],
  warnings: string[],
): RowParts<Row> {
  const tables = validationTables(source.validation);
  if (tables.length > 0)
    return {
      train: rows,
      validation: tables.map(([name, table]) => ({ name, fileName: table.fileName, rows: read(table) })),
    };
  const { train, validation } = splitRows(rows, source, warnings);
  return { train, validation: [{ name: null, fileName: source.train.fileName, rows: validation }] };
}
