// Turns the bytes of a data file into text with `\n` line ends, or says precisely why they are not text.

import { msg } from '#util/msg.ts';
import { dataFormatError, lineAt } from './table.ts';

/** Browsers can not hold a longer string. */
const MAX_BYTES = 500_000_000;

const WANTED = msg`Drop a CSV, TSV, JSON or JSONL file with a text and a label on each row.`;

const BINARY_KINDS: readonly (readonly [magic: string, what: string, hint: string])[] = [
  [
    'PK\u0003\u0004',
    msg`an Excel workbook or a zip archive`,
    msg`Save the sheet as CSV (UTF-8), or unpack the archive, and drop that file.`,
  ],
  ['\u00d0\u00cf\u0011\u00e0', msg`an old Excel workbook`, msg`Save the sheet as CSV (UTF-8) and drop that file.`],
  [
    'PAR1',
    msg`a Parquet file`,
    msg`Convert it in Python: python -c "import pandas as p; p.read_parquet('data.parquet').to_csv('data.csv', index=False)"`,
  ],
  ['\u001f\u008b', msg`a gzip archive`, msg`Unpack it and drop the file inside.`],
  ['\u0089PNG', msg`a picture`, WANTED],
  ['\u00ff\u00d8\u00ff', msg`a picture`, WANTED],
  ['%PDF', msg`a PDF document`, WANTED],
];

const SAVE_AS_UTF8 = msg`Save the file as UTF-8: in Excel "CSV UTF-8", in an editor "Save with encoding UTF-8".`;

/**
 * Decodes UTF-8, or UTF-16 with a byte order mark; the mark is stripped and line ends become `\n`.
 * @throws StudioError E-DATA-FORMAT for other encodings (with byte and line), binary files and empty ones.
 */
export async function decodeText(file: Blob, fileName: string): Promise<string> {
  if (file.size > MAX_BYTES) {
    throw dataFormatError(
      fileName,
      null,
      msg`the file has ${Math.round(file.size / 1e6)} MB; up to 500 MB can be read.`,
      msg`Split the file, or take a sample of its rows.`,
    );
  }
  const bytes = new Uint8Array(await file.arrayBuffer());
  refuseBinary(bytes, fileName);
  const text = (utf16Of(bytes) ?? decodeUtf8(bytes, fileName)).replace(/\r\n?/g, '\n');
  if (text.trim() === '')
    throw dataFormatError(
      fileName,
      null,
      msg`the file is empty.`,
      msg`Choose a file with a header line and at least one row.`,
    );
  const nul = text.indexOf('\0');
  if (nul !== -1) {
    throw dataFormatError(
      fileName,
      lineAt(text, nul),
      msg`there is a NUL character, so this is a binary file, or UTF-16 without a byte order mark.`,
      SAVE_AS_UTF8,
    );
  }
  return text;
}

function refuseBinary(bytes: Uint8Array, fileName: string): void {
  const start = String.fromCharCode(...bytes.subarray(0, 4));
  const kind = BINARY_KINDS.find(([magic]) => start.startsWith(magic));
  if (kind) throw dataFormatError(fileName, null, msg`this is ${kind[1]}, not a text file.`, kind[2]);
}

function utf16Of(bytes: Uint8Array): string | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  return null;
}

function decodeUtf8(bytes: Uint8Array, fileName: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const offset = firstInvalidByte(bytes);
    let line = 1;
    for (const byte of bytes.subarray(0, offset)) if (byte === 10) line++;
    const value = bytes[offset]?.toString(16).padStart(2, '0');
    throw dataFormatError(
      fileName,
      line,
      msg`byte ${offset} of the file (0x${value}) is not valid UTF-8.`,
      SAVE_AS_UTF8,
    );
  }
}

/** Offset of the first byte that belongs to no character; found by halving, since decoders do not tell. */
function firstInvalidByte(bytes: Uint8Array): number {
  let valid = 0;
  let invalid = bytes.length;
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    if (decodes(bytes.subarray(0, middle), { stream: true })) valid = middle;
    else invalid = middle;
  }
  // With `stream` the end may break off inside a character: step back to where that one begins.
  while (!decodes(bytes.subarray(0, valid), { stream: false })) valid--;
  return valid;
}

function decodes(bytes: Uint8Array, options: TextDecodeOptions): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, options);
    return true;
  } catch {
    return false;
  }
}
