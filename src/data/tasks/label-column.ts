// The labels of all rows of a file: the different ones, and a number for each row.

import type { Cell } from '#formats/table.ts';

/** One of the first rows of a label. */
export interface NotedCell {
  readonly label: Cell;
  readonly row: number;
  /** Of the first one all rows that have the label; else 0. */
  readonly rows: number;
}

export class LabelColumn {
  /** Each different label with its first rows. */
  readonly #found: { readonly label: Cell; readonly first: number[]; rows: number }[] = [];
  readonly #codes = new Map<string, number>();
  readonly #ofRow: Int32Array;
  #rows = 0;

  /** @param rowCount of the file */
  constructor(rowCount: number) {
    this.#ofRow = new Int32Array(rowCount).fill(-1);
  }

  /** Rows that have a label. */
  get rows(): number {
    return this.#rows;
  }

  /** The different labels, in the order in which they come up. */
  get values(): readonly Cell[] {
    return this.#found.map(({ label }) => label);
  }

  /** They with their first rows, in the order of the file. */
  get cells(): readonly NotedCell[] {
    return this.#found
      .flatMap(({ label, first, rows }) => first.map((row, i) => ({ label, row, rows: i === 0 ? rows : 0 })))
      .sort((a, b) => a.row - b.row);
  }

  /** Number of the label among `values` of each row of the file; -1 for none. */
  get codes(): Int32Array {
    return this.#ofRow;
  }

  add(label: Cell, row: number): void {
    const key = typeof label === 'string' ? label : `\0${JSON.stringify(label)}`;
    let code = this.#codes.get(key);
    if (code === undefined) {
      code = this.#found.length;
      this.#codes.set(key, code);
      this.#found.push({ label, first: [], rows: 0 });
    }
    const found = this.#found[code]!;
    if (found.first.length < NOTED_ROWS) found.first.push(row);
    found.rows++;
    this.#ofRow[row] = code;
    this.#rows++;
  }
}

/** Enough to name the rows of a label in a message. */
const NOTED_ROWS = 6;
