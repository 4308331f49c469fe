// What the studio shows of a table before anything is chosen: kinds of columns and frequent values. Counted while the file
// is read, in memory that does not grow with it.

import type { Cell, Row } from '#formats/table.ts';
import type { ColumnSummary } from '#protocol/messages.ts';

const MAX_TOP_VALUES = 20;
const MAX_CATEGORIES = 100;
const MAX_NUMBER_CATEGORIES = 50;
const MAX_CATEGORY_CHARACTERS = 60;
/** Different values that are counted; of longer texts their beginning tells them apart. */
const MAX_DISTINCT = 10_000;
const TELLING_CHARACTERS = 200;

/** Sees the rows of a file in their order. */
export class ColumnCounter {
  readonly #columns = new Map<string, Counts>();
  #rows = 0;

  get rows(): number {
    return this.#rows;
  }

  /** Columns may come up late: a row has cells for those that were known when it was read. */
  add(columns: readonly string[], rows: readonly Row[]): void {
    this.#rows += rows.length;
    for (const [c, name] of columns.entries()) {
      const counts = this.#columns.get(name) ?? new Counts();
      this.#columns.set(name, counts);
      for (const row of rows) counts.add(row[c] ?? null);
    }
  }

  summaries(columns: readonly string[]): ColumnSummary[] {
    return columns.map((name) => (this.#columns.get(name) ?? new Counts()).summary(name, this.#rows));
  }
}

class Counts {
  readonly #values = new Map<string, number>();
  #filled = 0;
  #characters = 0;
  #isList = false;
  #isNumeric = true;
  #isWhole = true;

  add(cell: Cell): void {
    if (cell === null) return;
    const isObject = typeof cell === 'object';
    const whole = isObject ? JSON.stringify(cell) : String(cell).trim();
    if (whole === '') return;
    this.#isList ||= isObject;
    this.#filled++;
    this.#characters += whole.length;
    if (this.#isNumeric) {
      this.#isNumeric = Number.isFinite(Number(whole));
      this.#isWhole &&= /^-?\d+$/.test(whole);
    }
    const value = whole.length > TELLING_CHARACTERS ? whole.slice(0, TELLING_CHARACTERS) : whole;
    const count = this.#values.get(value);
    if (count !== undefined || this.#values.size < MAX_DISTINCT) this.#values.set(value, (count ?? 0) + 1);
  }

  summary(name: string, rows: number): ColumnSummary {
    const kind = this.#kind();
    return {
      name,
      kind,
      distinct: this.#values.size,
      empty: rows - this.#filled,
      topValues: kind === 'category' ? mostFrequent(this.#values) : [],
      meanCharacters: this.#filled === 0 ? 0 : this.#characters / this.#filled,
    };
  }

  #kind(): ColumnSummary['kind'] {
    if (this.#isList) return 'list';
    if (this.#filled === 0) return 'empty';
    const distinct = this.#values.size;
    const repeats = distinct < this.#filled || this.#filled === 1;
    if (this.#isNumeric) {
      return this.#isWhole && repeats && distinct <= MAX_NUMBER_CATEGORIES ? 'category' : 'number';
    }
    const isShort = this.#characters / this.#filled <= MAX_CATEGORY_CHARACTERS;
    return repeats && distinct <= MAX_CATEGORIES && isShort ? 'category' : 'text';
  }
}

function mostFrequent(counts: ReadonlyMap<string, number>): { value: string; count: number }[] {
  const all = [...counts].map(([value, count]) => ({ value, count }));
  return all.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1)).slice(0, MAX_TOP_VALUES);
}
