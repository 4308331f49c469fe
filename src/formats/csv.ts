// Comma, semicolon, tab and pipe separated text → rows, on top of papaparse, with every fault at its line. A record whose
// quotes are wrong costs its first line; reading goes on with the next. Called by `tabular.ts`; the header line is judged
// in `csv-header.ts`.

import Papa, { type ParseError } from 'papaparse';
import { msg } from '#util/msg.ts';
import { nameColumns } from './csv-header.ts';
import { countLineEnds, LineText } from './line-text.ts';
import type { Piece, RecordParser, Records, RowFault } from './record-parser.ts';
import { dataFormatError, lineAt, listLines, type Row } from './table.ts';

const DELIMITERS = ['\t', ',', ';', '|'] as const;
const SNIFFED_ROWS = 100;
/** No text holds this character (NUL is refused before), so no field is ever quoted with it. */
const NO_QUOTES = '\0';
const SNIPPET_CHARACTERS = 60;
/** Lines that are remembered for a message. */
const NOTED_LINES = 100;

const CLOSE_QUOTE = msg`Close the quote, or double every quote inside a quoted cell ("" stands for ").`;
const QUOTE_CELLS = msg`Put cells that contain the delimiter in double quotes.`;

interface PapaResult {
  readonly data: string[][];
  readonly errors: readonly ParseError[];
  readonly meta: { readonly cursor: number };
}

/** Thrown where quotes of a tab-separated file do not match: there they often are meant literally. */
export class LiteralQuotes extends Error {
  readonly line: number;
  constructor(line: number) {
    super(msg`quotes are ordinary characters`);
    this.line = line;
  }
}

/** Records as they stand in the text: cells and line of each, and how far they were read. */
interface RawRecords {
  readonly cells: readonly (readonly string[])[];
  readonly lines: readonly number[];
  readonly faults: readonly RowFault[];
  /** Characters. */
  readonly end: number;
}

export interface CsvStart {
  readonly parser: CsvParser;
  /** Bytes and line ends of the header line; none where the first line is data. */
  readonly bytes: number;
  readonly lineEnds: number;
  readonly warnings: readonly string[];
}

/**
 * Finds delimiter and columns.
 * @param head the beginning of the file
 * @throws StudioError E-DATA-FORMAT when the first line can not be read.
 */
export function startCsv(head: Piece, quotesAsText: boolean): CsvStart {
  const lines = new LineText(head.bytes, head.isLast, head);
  const delimiter = sniffDelimiter(lines.text);
  const whole = readRecords(lines.text, delimiter, quotesAsText, head);
  const isNone = whole.cells.length + whole.faults.length === 0;
  const records = isNone ? readRecords(lines.text, delimiter, quotesAsText, { ...head, isTooLong: true }) : whole;
  const [fault] = records.faults;
  const firstLine = records.lines[0] ?? Number.POSITIVE_INFINITY;
  if (fault && fault.line <= firstLine) {
    const fixes = fault.kind === 'quote' ? [{ kind: 'quotes-as-text' } as const] : [];
    throw dataFormatError(head.fileName, fault.line, fault.message, fault.hint, fixes);
  }
  const warnings: string[] = [];
  const { columns, hasHeader } = nameColumns(records.cells, warnings);
  const parser = new CsvParser(delimiter, columns, quotesAsText);
  if (!hasHeader) return { parser, bytes: 0, lineEnds: 0, warnings };
  const headerLines = firstLine - head.line + 1 + countInner(records.cells[0]!);
  return { parser, warnings, ...lines.before(afterLines(lines.text, 0, headerLines)) };
}

export class CsvParser implements RecordParser {
  readonly format: 'csv' | 'tsv';
  readonly columns: readonly string[];
  readonly #delimiter: string;
  readonly #quotesAsText: boolean;
  readonly #shortLines: number[] = [];
  #short = 0;
  #newShort: number[] = [];

  constructor(delimiter: string, columns: readonly string[], quotesAsText: boolean) {
    this.#delimiter = delimiter;
    this.#quotesAsText = quotesAsText;
    this.columns = columns;
    this.format = delimiter === '\t' ? 'tsv' : 'csv';
  }

  parse(piece: Piece): Records {
    const lines = new LineText(piece.bytes, piece.isLast, piece);
    const raw = readRecords(lines.text, this.#delimiter, this.#quotesAsText, piece);
    const faults = [...raw.faults];
    const rows: Row[] = [];
    const kept: number[] = [];
    this.#newShort = [];
    for (const [i, cells] of raw.cells.entries()) {
      const line = raw.lines[i]!;
      const row = this.#square(cells, line);
      if (row) {
        rows.push(row);
        kept.push(line);
      } else faults.push(tooManyCells(cells, line, this.columns.length));
    }
    return { rows, lines: kept, faults: faults.sort((a, b) => a.line - b.line), ...lines.before(raw.end) };
  }

  note(): void {
    this.#short += this.#newShort.length;
    this.#shortLines.push(...this.#newShort.slice(0, NOTED_LINES - this.#shortLines.length));
  }

  warnings(rowCount: number): string[] {
    if (this.#short === 0) return [];
    const lines = listLines(this.#shortLines, this.#short);
    return [
      msg`${this.#short} of ${rowCount} rows have fewer cells than the ${this.columns.length} columns and were filled up with empty ones; lines ${lines}.`,
    ];
  }

  /** One cell for each column; null where there are more. */
  #square(cells: readonly string[], line: number): Row | null {
    const width = this.columns.length;
    if (cells.length === width) return cells;
    if (cells.length > width && cells.slice(width).some((cell) => cell !== '')) return null;
    if (cells.length < width) this.#newShort.push(line);
    return Array.from({ length: width }, (_, column) => cells[column] ?? '');
  }
}

/** The delimiter that splits most of the first rows into the same number (two or more) of fields; comma if none does. */
function sniffDelimiter(source: string): string {
  let best: string = ',';
  let bestShare = 0;
  for (const delimiter of DELIMITERS) {
    const { data } = Papa.parse<string[]>(source, {
      delimiter,
      newline: '\n',
      preview: SNIFFED_ROWS,
      skipEmptyLines: true,
    });
    const share = shareOfUsualWidth(data.map((fields) => fields.length));
    if (share > bestShare) {
      best = delimiter;
      bestShare = share;
    }
  }
  return best;
}

function shareOfUsualWidth(widths: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const width of widths) if (width > 1) counts.set(width, (counts.get(width) ?? 0) + 1);
  return Math.max(0, ...counts.values()) / widths.length;
}

/** @throws LiteralQuotes */
function readRecords(source: string, delimiter: string, quotesAsText: boolean, piece: Piece): RawRecords {
  const parser = new Papa.Parser({ delimiter, newline: '\n', ...(quotesAsText ? { quoteChar: NO_QUOTES } : {}) });
  const [cells, lines, faults]: [string[][], number[], RowFault[]] = [[], [], []];
  let [from, line] = [0, piece.line];
  // A record that is too long is read to its end, whatever that is; those after it need not be whole.
  let isWhole = piece.isLast || piece.isTooLong;
  while (from < source.length) {
    const rest = from === 0 ? source : source.slice(from);
    const { data, errors, meta } = parser.parse(rest, 0, !isWhole) as PapaResult;
    const fault = errors.find(({ type }) => type === 'Quotes');
    const start = line;
    for (const fields of fault ? data.slice(0, fault.row ?? 0) : data) {
      if (fields.length > 1 || fields[0]?.trim()) {
        cells.push(fields);
        lines.push(line);
      }
      line += 1 + countInner(fields);
    }
    if (!fault) return { cells, lines, faults, end: isWhole && piece.isLast ? source.length : from + meta.cursor };
    const faultLine = start + lineAt(rest, fault.index ?? 0) - 1;
    if (delimiter === '\t') throw new LiteralQuotes(faultLine);
    faults.push(quoteFault(rest, fault, faultLine));
    from = afterLines(source, from, line - start + 1);
    line++;
    isWhole = piece.isLast;
  }
  return { cells, lines, faults, end: source.length };
}

/** Lines that end inside of the cells. */
const countInner = (fields: readonly string[]): number => fields.reduce((sum, field) => sum + countLineEnds(field), 0);

/** Where the text goes on after so many lines. */
function afterLines(source: string, from: number, lines: number): number {
  let at = from;
  for (let left = lines; left > 0; left--) {
    const end = source.indexOf('\n', at);
    if (end === -1) return source.length;
    at = end + 1;
  }
  return at;
}

function quoteFault(source: string, fault: ParseError, line: number): RowFault {
  const index = fault.index ?? 0;
  const snippet = JSON.stringify(source.slice(Math.max(0, index - 1), index + SNIPPET_CHARACTERS));
  return {
    kind: 'quote',
    line,
    message:
      fault.code === 'MissingQuotes'
        ? msg`a quote opens here and is never closed: ${snippet}`
        : msg`a quoted cell that opens here has text after its closing quote: ${snippet}`,
    hint: CLOSE_QUOTE,
  };
}

function tooManyCells(cells: readonly string[], line: number, width: number): RowFault {
  const snippet = JSON.stringify(cells.join(' | ').slice(0, SNIPPET_CHARACTERS));
  return {
    kind: 'cells',
    line,
    message: msg`the row has ${cells.length} cells, more than the ${width} columns: ${snippet}`,
    hint: QUOTE_CELLS,
  };
}
