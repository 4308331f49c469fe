// Comma, semicolon, tab and pipe separated text → rows, on top of papaparse, with every fault reported by its line.
// Called by `tabular.ts`; the header line is judged in `csv-header.ts`.

import Papa, { type ParseError } from 'papaparse';
import { msg } from '#util/msg.ts';
import { nameColumns } from './csv-header.ts';
import { dataFormatError, lineAt, listLines, type Table } from './table.ts';

const DELIMITERS = ['\t', ',', ';', '|'] as const;
const SNIFFED_ROWS = 100;
/** No text holds this character (NUL is refused before), so no field is ever quoted with it. */
const NO_QUOTES = '\0';

interface Records {
  readonly cells: readonly (readonly string[])[];
  /** Line on which each record starts. */
  readonly lines: readonly number[];
}

/**
 * @param text with `\n` line ends and without a byte order mark
 * @throws StudioError E-DATA-FORMAT for an open quote, rows with too many fields, or a file without rows.
 */
export function parseCsv(text: string, fileName: string): Table {
  const warnings: string[] = [];
  const delimiter = sniffDelimiter(text);
  const records = parseRecords(text, delimiter, fileName, warnings);
  const { columns, hasHeader } = nameColumns(records.cells, fileName, warnings);
  const start = hasHeader ? 1 : 0;
  const lines = records.lines.slice(start);
  const rows = squareRows(records.cells.slice(start), lines, columns.length, fileName, warnings);
  if (rows.length === 0) {
    throw dataFormatError(
      fileName,
      null,
      msg`there is a header line but no row of data.`,
      msg`Choose a file with at least one row below the header.`,
    );
  }
  return {
    fileName,
    format: delimiter === '\t' ? 'tsv' : 'csv',
    columns,
    rows,
    lineNumbers: Int32Array.from(lines),
    warnings,
  };
}

/** The delimiter that splits most of the first rows into the same number (two or more) of fields; comma if none does. */
function sniffDelimiter(text: string): string {
  let best: string = ',';
  let bestShare = 0;
  for (const delimiter of DELIMITERS) {
    const { data } = Papa.parse<string[]>(text, {
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

function parseRecords(text: string, delimiter: string, fileName: string, warnings: string[]): Records {
  const parsed = Papa.parse<string[]>(text, { delimiter, newline: '\n' });
  const fault = parsed.errors.find(({ type }) => type === 'Quotes');
  if (!fault) return withLines(parsed.data);
  // Tab-separated files of language data often hold lone quotes and mean them literally.
  if (delimiter !== '\t') throw quoteError(text, fault, fileName);
  warnings.push(
    msg`${fileName}:${lineAt(text, fault.index ?? 0)}: a quote is not closed properly; quotes in this file are taken as ordinary characters.`,
  );
  return withLines(Papa.parse<string[]>(text, { delimiter, newline: '\n', quoteChar: NO_QUOTES }).data);
}

/** Drops empty lines. Each record takes the lines inside its quoted fields and the one it ends on. */
function withLines(data: readonly string[][]): Records {
  const cells: string[][] = [];
  const lines: number[] = [];
  let line = 1;
  for (const fields of data) {
    if (fields.length > 1 || fields[0]?.trim()) {
      cells.push(fields);
      lines.push(line);
    }
    line++;
    for (const field of fields) {
      for (let at = field.indexOf('\n'); at !== -1; at = field.indexOf('\n', at + 1)) line++;
    }
  }
  return { cells, lines };
}

function quoteError(text: string, fault: ParseError, fileName: string): Error {
  const index = fault.index ?? 0;
  const snippet = JSON.stringify(text.slice(Math.max(0, index - 1), index + 60));
  const message =
    fault.code === 'MissingQuotes'
      ? msg`a quote opens here and is never closed: ${snippet}`
      : msg`a quoted cell that opens here has text after its closing quote: ${snippet}`;
  return dataFormatError(
    fileName,
    lineAt(text, index),
    message,
    msg`Close the quote, or double every quote inside a quoted cell ("" stands for ").`,
  );
}

/** Gives each row one cell for each column. */
function squareRows(
  cells: readonly (readonly string[])[],
  lines: readonly number[],
  width: number,
  fileName: string,
  warnings: string[],
): (readonly string[])[] {
  const long: number[] = [];
  const short: number[] = [];
  const rows = cells.map((fields, i) => {
    if (fields.length === width) return fields;
    if (fields.length > width && fields.slice(width).some((field) => field !== '')) long.push(lines[i]!);
    if (fields.length < width) short.push(lines[i]!);
    return Array.from({ length: width }, (_, column) => fields[column] ?? '');
  });
  if (long.length > 0) {
    throw dataFormatError(
      fileName,
      long[0]!,
      msg`${long.length} ${long.length === 1 ? msg`row has` : msg`rows have`} more cells than the ${width} columns; ${long.length === 1 ? 'line' : 'lines'} ${listLines(long)}.`,
      msg`Put cells that contain the delimiter in double quotes.`,
    );
  }
  if (short.length > 0) {
    warnings.push(
      msg`${fileName}: ${short.length} of ${rows.length} rows have fewer cells than the ${width} columns and were filled up with empty ones; lines ${listLines(short)}.`,
    );
  }
  return rows;
}
