// JSON: one array of objects. Its elements are cut apart by their brackets, so that each can be parsed, and blamed, by
// itself. Works on bytes: in UTF-8 no other character holds those of brackets, quotes and commas. Called by `tabular.ts`.

import { msg } from '#util/msg.ts';
import { decodeUtf8, type Place } from './decode-text.ts';
import { isFault, JsonRows } from './json-rows.ts';
import type { Piece, RecordParser, Records, RowFault } from './record-parser.ts';
import type { Row } from './table.ts';

const CODE = Object.fromEntries([...'"\\[]{},\n\r'].map((character) => [character, character.charCodeAt(0)])) as Record<
  '"' | '\\' | '[' | ']' | '{' | '}' | ',' | '\n' | '\r',
  number
>;
const CONTEXT_CHARACTERS = 80;

/** An element between two commas, white space included. */
interface Element {
  readonly start: number;
  readonly end: number;
}

interface Cut {
  readonly elements: readonly Element[];
  /** After the last comma, or after the bracket that closes the array. */
  readonly end: number;
  readonly isClosed: boolean;
}

export class JsonArrayParser implements RecordParser {
  readonly format = 'json';
  readonly #objects = new JsonRows();
  /** Offset in the file at which the array ends, once that is known. */
  #end = Number.POSITIVE_INFINITY;
  #restTold = false;

  get columns(): readonly string[] {
    return this.#objects.columns;
  }

  /** Pieces begin after the opening bracket, or after a comma between elements. */
  parse(piece: Piece): Records {
    const marks = new LineMarks(piece);
    this.#objects.begin();
    if (piece.offset >= this.#end) return this.#finish(piece, marks, 0, { rows: [], lines: [], faults: [] });
    const { elements, end, isClosed } = cutElements(piece.bytes);
    const [rows, lines, faults]: [Row[], number[], RowFault[]] = [[], [], []];
    for (const element of elements) {
      const source = decodeUtf8(piece.bytes.subarray(element.start, element.end), marks.placeAt(element.start));
      const trimmed = source.trimStart();
      // An array may hold nothing at all; a comma wants something after it.
      if (trimmed === '' && piece.isFirst && elements.length === 1) continue;
      const line = marks.lineAt(element.start) + countLines(source.slice(0, source.length - trimmed.length));
      const read = this.#objects.read(trimmed.trimEnd(), line);
      if (isFault(read)) faults.push(read);
      else {
        rows.push(read);
        lines.push(line);
      }
    }
    if (isClosed) {
      this.#end = piece.offset + end;
      return this.#finish(piece, marks, end, { rows, lines, faults });
    }
    if (!piece.isLast) return { rows, lines, faults, bytes: end, lineEnds: marks.lineAt(end) - piece.line };
    faults.push(neverClosed(marks.lineAt(piece.bytes.length)));
    return { rows, lines, faults, bytes: piece.bytes.length, lineEnds: 0 };
  }

  note(): void {
    this.#objects.note();
  }

  warnings(rowCount: number): string[] {
    return this.#objects.warnings(rowCount);
  }

  /** After the array there may be white space only. */
  #finish(piece: Piece, marks: LineMarks, from: number, read: Pick<Records, 'rows' | 'lines' | 'faults'>): Records {
    const source = decodeUtf8(piece.bytes.subarray(from), marks.placeAt(from));
    const trimmed = source.trimStart();
    const faults = [...read.faults];
    if (trimmed !== '' && !this.#restTold) {
      this.#restTold = true;
      const line = marks.lineAt(from) + countLines(source.slice(0, source.length - trimmed.length));
      faults.push(moreAfterEnd(line, JSON.stringify(trimmed.slice(0, CONTEXT_CHARACTERS))));
    }
    const bytes = piece.bytes.length;
    return { ...read, faults, bytes, lineEnds: marks.lineAt(bytes) - piece.line };
  }
}

const neverClosed = (line: number): RowFault => ({
  kind: 'end',
  line,
  message: msg`the array is never closed: the file is cut off.`,
  hint: msg`Export the file again.`,
});

const moreAfterEnd = (line: number, snippet: string): RowFault => ({
  kind: 'end',
  line,
  message: msg`there is more after the end of the array: ${snippet}`,
  hint: msg`The file should hold one array of objects, or one object a line.`,
});

const countLines = (source: string): number => source.match(/\r\n?|\n/g)?.length ?? 0;

/** The elements that are whole. */
function cutElements(bytes: Uint8Array): Cut {
  const elements: Element[] = [];
  let [depth, start] = [1, 0];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === CODE['"']) {
      at = endOfString(bytes, at + 1);
    } else if (byte === CODE['['] || byte === CODE['{']) depth++;
    else if (byte === CODE[','] && depth === 1) {
      elements.push({ start, end: at });
      start = at + 1;
    } else if (byte === CODE[']'] || byte === CODE['}']) {
      depth--;
      if (depth === 0) {
        elements.push({ start, end: at });
        return { elements, end: at + 1, isClosed: true };
      }
    }
  }
  return { elements, end: start, isClosed: false };
}

/** Place of the quote that closes a string, or the end. */
function endOfString(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === CODE['\\']) at++;
    else if (byte === CODE['"']) return at;
  }
  return bytes.length;
}

/** Lines of places in a piece, asked for in their order. */
class LineMarks {
  readonly #piece: Piece;
  #at = 0;
  #line: number;

  constructor(piece: Piece) {
    this.#piece = piece;
    this.#line = piece.line;
  }

  lineAt(offset: number): number {
    const { bytes } = this.#piece;
    for (; this.#at < offset; this.#at++) {
      const byte = bytes[this.#at];
      if (byte === CODE['\n'] || (byte === CODE['\r'] && bytes[this.#at + 1] !== CODE['\n'])) this.#line++;
    }
    return this.#line;
  }

  placeAt(offset: number): Place {
    return { fileName: this.#piece.fileName, offset: this.#piece.offset + offset, line: this.lineAt(offset) };
  }
}
