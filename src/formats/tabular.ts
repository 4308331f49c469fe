// Opens a data file: finds out by its content what it is, and makes a `Table` of it.

import { msg } from '#util/msg.ts';
import { ConllParser, looksLikeConll } from './conll.ts';
import { LiteralQuotes, startCsv } from './csv.ts';
import { decodeUtf8, refuseBinary, startsWith, toUtf8 } from './decode-text.ts';
import { indexTable } from './indexed-table.ts';
import { JsonArrayParser } from './json-array.ts';
import { JsonlParser } from './jsonl.ts';
import { countLineEnds, LineText } from './line-text.ts';
import { openParquet, PARQUET_MAGIC } from './parquet.ts';
import type { Piece } from './record-parser.ts';
import { dataFormatError, type Row, type Table, type TableOptions } from './table.ts';

const HEAD_BYTES = 1 << 20;
/** Browsers can not hold a longer string. */
const MAX_DOCUMENT_BYTES = 500_000_000;
const BYTE_ORDER_MARK = '\u00ef\u00bb\u00bf';

/**
 * Opens CSV, TSV, JSONL, a JSON array, CoNLL or Parquet, whatever the extension; else a .txt file is one document, the
 * only row. The file is gone through once in pieces of a MiB; of Parquet only the footer is read.
 * @throws StudioError E-DATA-FORMAT naming file and line, with what mends it; the reason of the signal.
 */
export async function readTable(file: Blob, fileName: string, options: TableOptions = {}): Promise<Table> {
  const raw = await headOf(file);
  if (startsWith(raw, PARQUET_MAGIC)) return openParquet(file, fileName, options);
  refuseBinary(raw, fileName);
  const encoded = await toUtf8(file, raw, options.encoding);
  const bytes = encoded === file ? raw : await headOf(encoded);
  const offset = startsWith(bytes, BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.length : 0;
  return openText(encoded, bytes.subarray(offset), offset, fileName, options);
}

const headOf = async (file: Blob): Promise<Uint8Array> => new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());

async function openText(
  file: Blob,
  bytes: Uint8Array,
  offset: number,
  fileName: string,
  options: TableOptions,
): Promise<Table> {
  const isLast = offset + bytes.length === file.size;
  const head: Piece = { bytes, fileName, offset, line: 1, isFirst: true, isLast, isTooLong: false };
  const source = sniffed(head);
  if (source.trim() === '' && isLast)
    throw dataFormatError(
      fileName,
      null,
      msg`the file is empty.`,
      msg`Choose a file with a header line and at least one row.`,
    );
  const bracket = /^\s*\[(?=\s*[{\]])/.exec(source);
  if (bracket) {
    const start = { offset: offset + bracket[0].length, line: 1 + countLineEnds(bracket[0]) };
    return indexTable({ file, fileName, parser: new JsonArrayParser(), start, options }, []);
  }
  const start = { offset, line: 1 };
  if (/^\s*\{\s*["}]/.test(source))
    return indexTable({ file, fileName, parser: new JsonlParser(), start, options }, []);
  if (looksLikeConll(source)) return indexTable({ file, fileName, parser: new ConllParser(), start, options }, []);
  return /\.txt$/i.test(fileName) ? documentOf(file, fileName, options) : openCsv(file, head, options);
}

/** The beginning as text; of one line that is longer than the head a part of it. */
function sniffed(head: Piece): string {
  const whole = new LineText(head.bytes, head.isLast, head).text;
  return whole === '' ? new TextDecoder().decode(head.bytes) : whole;
}

async function openCsv(file: Blob, head: Piece, options: TableOptions): Promise<Table> {
  const { fileName } = head;
  try {
    return await indexCsv(file, head, options, []);
  } catch (thrown) {
    if (!(thrown instanceof LiteralQuotes)) throw thrown;
    const warning = msg`line ${thrown.line}: a quote is not closed properly; quotes in this file are taken as ordinary characters.`;
    return indexCsv(file, { ...head, fileName }, { ...options, quotesAsText: true }, [warning]);
  }
}

async function indexCsv(file: Blob, head: Piece, options: TableOptions, warnings: readonly string[]): Promise<Table> {
  const { parser, bytes, lineEnds, ...found } = startCsv(head, options.quotesAsText ?? false);
  const start = { offset: head.offset + bytes, line: head.line + lineEnds };
  return indexTable({ file, fileName: head.fileName, parser, start, options }, [...warnings, ...found.warnings]);
}

/** @throws StudioError E-DATA-FORMAT for a document that no string can hold. */
async function documentOf(file: Blob, fileName: string, options: TableOptions): Promise<Table> {
  if (file.size > MAX_DOCUMENT_BYTES) {
    throw dataFormatError(
      fileName,
      null,
      msg`the document has ${Math.round(file.size / 1e6)} MB; a document of up to 500 MB can be read.`,
      msg`Split it into several files.`,
    );
  }
  const read = async (): Promise<readonly Row[]> => {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const content = decodeUtf8(bytes, { fileName, offset: 0, line: 1 });
    return [[content.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n')]];
  };
  const rows = await read();
  options.onRows?.(['text'], rows);
  options.onProgress?.(file.size);
  return {
    fileName,
    format: 'txt',
    columns: ['text'],
    rowCount: 1,
    blocks: [{ first: 0, count: 1 }],
    warnings: [],
    placeOf: () => ({ fileName, line: 1 }),
    readBlock: read,
  };
}
