// A file of rows in text, gone through once piece by piece: what is kept is where the rows lie, not the rows. Those of a
// block are read again when they are asked for.

import { msg } from '#util/msg.ts';
import type { ErrorFix } from '#util/studio-error.ts';
import { BlockCache } from './block-cache.ts';
import { GrowingInts } from './growing-ints.ts';
import type { Piece, RecordParser, Records, RowFault } from './record-parser.ts';
import { dataFormatError, listLines, type Row, type RowBlock, type Table, type TableOptions } from './table.ts';

const PIECE_BYTES = 1 << 20;
const LONGEST_ROW_BYTES = 1 << 26;
/** From here on the file is not what it seems to be. */
const MAX_FAULTS = 1000;
/** A text that long is probably a whole document, or an open quote; it is used, but cut by truncation. */
const LONG_CELL_CHARACTERS = 50_000;

/** Where the rows begin. */
export interface Start {
  readonly offset: number;
  readonly line: number;
}

interface ByteBlock extends RowBlock {
  readonly offset: number;
  readonly bytes: number;
  readonly line: number;
}

interface Opening {
  readonly file: Blob;
  readonly fileName: string;
  readonly parser: RecordParser;
  readonly start: Start;
  readonly options: TableOptions;
}

/** @throws StudioError E-DATA-FORMAT for rows that can not be read, unless they are to be skipped; what the signal says. */
export async function indexTable(opening: Opening, startWarnings: readonly string[]): Promise<Table> {
  const { file, fileName, parser, options } = opening;
  const blocks: ByteBlock[] = [];
  const lines = new GrowingInts();
  const faults: RowFault[] = [];
  const long = new LongCells(fileName);
  for await (const { piece, records } of pieces(opening)) {
    faults.push(...records.faults);
    if (faults.length > MAX_FAULTS) break;
    if (records.rows.length === 0) continue;
    blocks.push({
      first: lines.length,
      count: records.rows.length,
      offset: piece.offset,
      bytes: records.bytes,
      line: piece.line,
    });
    lines.append(records.lines);
    parser.note?.(records);
    long.note(parser.columns, records);
    options.onRows?.(parser.columns, records.rows);
  }
  refuseFaults(faults, fileName, options);
  if (lines.length === 0) throw noRows(parser, fileName);
  const lineNumbers = lines.toArray();
  const width = parser.columns.length;
  const read = async (index: number): Promise<readonly Row[]> => {
    const block = blocks[index]!;
    const bytes = await bytesOf(file, block.offset, block.offset + block.bytes);
    const isFirst = index === 0;
    const { rows } = parser.parse({ ...block, bytes, fileName, isFirst, isLast: true, isTooLong: false });
    return rows.map((row) => filledUp(row, width));
  };
  const cache = options.cache ?? new BlockCache<readonly Row[]>();
  return {
    fileName,
    format: parser.format,
    columns: parser.columns,
    rowCount: lineNumbers.length,
    blocks,
    warnings: [
      ...[...startWarnings, ...(parser.warnings?.(lines.length) ?? []), ...skipped(faults)].map(
        (warning) => msg`${fileName}: ${warning}`,
      ),
      ...long.warnings,
    ],
    placeOf: (row) => ({ fileName, line: lineNumbers[row]! }),
    readBlock: (index) => cache.get(blocks[index]!, blocks[index]!.bytes, () => read(index)),
  };
}

const bytesOf = async (file: Blob, start: number, end: number): Promise<Uint8Array> =>
  new Uint8Array(await file.slice(start, end).arrayBuffer());

/** Columns may have come up in later rows. */
const filledUp = (row: Row, width: number): Row =>
  row.length === width ? row : [...row, ...new Array<null>(width - row.length).fill(null)];

async function* pieces({
  file,
  fileName,
  parser,
  start,
  options,
}: Opening): AsyncGenerator<{ readonly piece: Piece; readonly records: Records }> {
  let { offset, line } = start;
  let size = PIECE_BYTES;
  let isFirst = true;
  while (offset < file.size) {
    options.signal?.throwIfAborted();
    const end = Math.min(offset + size, file.size);
    const bytes = await bytesOf(file, offset, end);
    const isTooLong = size > LONGEST_ROW_BYTES;
    const piece = { bytes, fileName, offset, line, isFirst, isLast: end === file.size, isTooLong };
    const records = parser.parse(piece);
    if (records.bytes === 0 && !piece.isLast) {
      if (isTooLong) throw tooLong(fileName, line);
      size *= 2;
      continue;
    }
    yield { piece, records };
    offset += records.bytes;
    line += records.lineEnds;
    size = PIECE_BYTES;
    isFirst = false;
    options.onProgress?.(offset);
  }
}

const tooLong = (fileName: string, line: number): Error =>
  dataFormatError(
    fileName,
    line,
    msg`a row that begins here is longer than ${LONGEST_ROW_BYTES / 1e6} MB.`,
    msg`Check that the file is what it seems to be, and shorten the row.`,
  );

function noRows({ format }: RecordParser, fileName: string): Error {
  return format === 'csv' || format === 'tsv'
    ? dataFormatError(
        fileName,
        null,
        msg`there is a header line but no row of data.`,
        msg`Choose a file with at least one row below the header.`,
      )
    : dataFormatError(fileName, null, msg`the file holds no row.`, msg`Choose a file with at least one object.`);
}

function refuseFaults(faults: readonly RowFault[], fileName: string, { skipBadRows }: TableOptions): void {
  const [first] = faults;
  if (!first || (skipBadRows && faults.length <= MAX_FAULTS)) return;
  const same = faults.filter(({ kind }) => kind === first.kind);
  const lines = listLines(same.slice(1).map(({ line }) => line));
  const messages = [
    first.message,
    msg`${first.message} (and 1 more such row; line ${lines})`,
    msg`${first.message} (and ${same.length - 1} more such rows; lines ${lines})`,
  ];
  const fixes: ErrorFix[] = faults.length > MAX_FAULTS ? [] : [{ kind: 'leave-out-bad-rows', count: faults.length }];
  if (first.kind === 'quote') fixes.push({ kind: 'quotes-as-text' });
  throw dataFormatError(fileName, first.line, messages[Math.min(same.length - 1, 2)]!, first.hint, fixes);
}

function skipped(faults: readonly RowFault[]): string[] {
  if (faults.length === 0) return [];
  const lines = listLines(faults.map(({ line }) => line));
  return faults.length === 1
    ? [msg`1 row could not be read and was left out; line ${lines}.`]
    : [msg`${faults.length} rows could not be read and were left out; lines ${lines}.`];
}

/** Cells that are as long as a whole document. */
class LongCells {
  readonly #fileName: string;
  readonly #found = new Map<string, { count: number; readonly characters: number; readonly line: number }>();

  constructor(fileName: string) {
    this.#fileName = fileName;
  }

  note(columns: readonly string[], { rows, lines }: Records): void {
    for (const [r, row] of rows.entries()) {
      for (const [c, cell] of row.entries()) {
        if (typeof cell !== 'string' || cell.length < LONG_CELL_CHARACTERS) continue;
        const known = this.#found.get(columns[c]!);
        if (known) known.count++;
        else this.#found.set(columns[c]!, { count: 1, characters: cell.length, line: lines[r]! });
      }
    }
  }

  get warnings(): string[] {
    return [...this.#found].map(([column, { count, characters, line }]) => {
      const where = `${this.#fileName}:${line}`;
      return count === 1
        ? msg`${where}: the cell in column ${column} has ${characters} characters; only its beginning will be used.`
        : msg`${where}: the cell in column ${column} has ${characters} characters (and ${count - 1} more such rows); only its beginning will be used.`;
    });
  }
}
