// The labels of all rows of a file: the different ones, and a number for each row.

import type { Cell } from '#formats/table.ts';

/** A label in a line that has it. */
export interface LabelledCell {
  readonly label: Cell;
  readonly line: number;
}

/** One of the first lines of a label. */
export interface NotedCell extends LabelledCell {
  /** Of the first one all rows that have the label; else 0. */
  readonly rows: number;
}

export class LabelColumn {
  /** Each different label with the lines of its first rows. */
  readonly #found: { readonly label: Cell; readonly lines: number[]; rows: number }[] = [];
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

  /** They with the lines of their first rows. */
  get cells(): readonly NotedCell[] {
    return this.#found
      .flatMap(({ label, lines, rows }) => lines.map((line, i) => ({ label, line, rows: i === 0 ? rows : 0 })))
      .sort((a, b) => a.line - b.line);
  }

  /** Number of the label among `values` of each row of the file; -1 for none. */
  get codes(): Int32Array {
    return this.#ofRow;
  }

  add(label: Cell, row: number, line: number): void {
    const key = typeof label === 'string' ? label : `\0${JSON.stringify(label)}`;
    let code = this.#codes.get(key);
    if (code === undefined) {
      code = this.#found.length;
      this.#codes.set(key, code);
      this.#found.push({ label, lines: [], rows: 0 });
    }
    const found = this.#found[code]!;
    if (found.lines.length < NOTED_LINES) found.lines.push(line);
    found.rows++;
    this.#ofRow[row] = code;
    this.#rows++;
  }
}

/** Enough to name the rows of a label in a message. */
const NOTED_LINES = 6;
