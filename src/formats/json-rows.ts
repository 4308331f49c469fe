// Objects of JSON → rows. The columns are all keys that any object has, in the order in which they come up. What JSONL and
// arrays share.

import { msg } from '#util/msg.ts';
import type { RowFault } from './record-parser.ts';
import type { Cell, Row } from './table.ts';

const CONTEXT_CHARACTERS = 80;

export class JsonRows {
  readonly columns: string[] = [];
  readonly #known = new Set<string>();
  /** Of each column the rows that have it. */
  readonly #present = new Map<string, number>();
  #read: Record<string, unknown>[] = [];

  /** What is read from here on belongs to one piece. */
  begin(): void {
    this.#read = [];
  }

  /** @returns a fault where the text is no object. */
  read(source: string, line: number): Row | RowFault {
    let value: unknown;
    try {
      value = JSON.parse(source);
    } catch (cause) {
      return notJson(source, line, cause instanceof Error ? cause.message : String(cause));
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return noObject(source, line, value);
    for (const key of Object.keys(value)) {
      if (this.#known.has(key)) continue;
      this.#known.add(key);
      this.columns.push(key);
    }
    const object = value as Record<string, Cell | undefined>;
    this.#read.push(object);
    return this.columns.map((column) => object[column] ?? null);
  }

  /** Counts the piece that was read last. */
  note(): void {
    for (const object of this.#read)
      for (const key of Object.keys(object)) this.#present.set(key, (this.#present.get(key) ?? 0) + 1);
  }

  warnings(rowCount: number): string[] {
    return this.columns.flatMap((column) => {
      const missing = rowCount - (this.#present.get(column) ?? 0);
      return missing === 0
        ? []
        : [msg`${missing} of ${rowCount} rows have no ${JSON.stringify(column)}; it counts as empty there.`];
    });
  }
}

export const isFault = (read: Row | RowFault): read is RowFault => !Array.isArray(read);

function notJson(source: string, line: number, reason: string): RowFault {
  return {
    kind: 'json',
    line,
    message: msg`this is not JSON (${reason}): ${contextOf(source, reason)}`,
    hint: msg`Each row has to be one JSON object, such as {"text": "…", "label": "…"}.`,
  };
}

function noObject(source: string, line: number, value: unknown): RowFault {
  const snippet = source.slice(0, CONTEXT_CHARACTERS);
  return {
    kind: 'json',
    line,
    message: Array.isArray(value)
      ? msg`a row has to be a JSON object, but this is an array: ${snippet}`
      : msg`a row has to be a JSON object, but this is a ${typeof value}: ${snippet}`,
    hint: msg`Write each row as {"text": "…", "label": "…"}.`,
  };
}

/** The text around the fault, or the beginning where its place can not be told. */
function contextOf(source: string, reason: string): string {
  const told = /position (\d+)/.exec(reason)?.[1];
  const position = told === undefined ? firstForeignToken(source) : Number(told);
  const start = Math.max(0, Math.min(position - CONTEXT_CHARACTERS / 2, source.length - CONTEXT_CHARACTERS));
  return source.slice(start, start + CONTEXT_CHARACTERS);
}

/** Where something stands that is no JSON token; 0 if there is no such place. */
function firstForeignToken(source: string): number {
  const token = /\s*(?:"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|true|false|null|[[\]{},:])/y;
  let end = 0;
  while (token.test(source)) end = token.lastIndex;
  return end === source.length ? 0 : end;
}
