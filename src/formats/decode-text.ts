// Bytes of a data file as text: UTF-8 piece by piece, other encodings turned into UTF-8 first; or why they are no text.

import { msg } from '#util/msg.ts';
import type { ErrorFix } from '#util/studio-error.ts';
import { dataFormatError, lineAt } from './table.ts';

const WANTED = msg`Drop a CSV, TSV, JSON, JSONL or Parquet file with a text and a label on each row.`;

const BINARY_KINDS: readonly (readonly [magic: string, message: string, hint: string])[] = [
  [
    'PK\u0003\u0004',
    msg`this is an Excel workbook or a zip archive, not a text file.`,
    msg`Save the sheet as CSV (UTF-8), or drop what the archive holds.`,
  ],
  [
    '\u00d0\u00cf\u0011\u00e0',
    msg`this is an old Excel workbook, not a text file.`,
    msg`Save the sheet as CSV (UTF-8) and drop that file.`,
  ],
  ['\u001f\u008b', msg`this is a gzip archive, not a text file.`, msg`Unpack it and drop the file inside.`],
  ['\u0089PNG', msg`this is a picture, not a text file.`, WANTED],
  ['\u00ff\u00d8\u00ff', msg`this is a picture, not a text file.`, WANTED],
  ['%PDF', msg`this is a PDF document, not a text file.`, WANTED],
];

const SAVE_AS_UTF8 = msg`Save the file as UTF-8: in Excel "CSV UTF-8", in an editor "Save with encoding UTF-8".`;
/** Those that a file which is not UTF-8 is likely in, the strictest first; the last one reads any bytes. */
const OTHER_ENCODINGS = ['euc-kr', 'shift_jis', 'gb18030', 'windows-1252'];
const SAMPLE_CHARACTERS = 40;

export const startsWith = (bytes: Uint8Array, magic: string): boolean =>
  String.fromCharCode(...bytes.subarray(0, magic.length)) === magic;

/** @throws StudioError E-DATA-FORMAT for files that are known not to be texts. */
export function refuseBinary(head: Uint8Array, fileName: string): void {
  const kind = BINARY_KINDS.find(([magic]) => startsWith(head, magic));
  if (kind) throw dataFormatError(fileName, null, kind[1], kind[2]);
}

/** The same text in UTF-8. UTF-16 is known by its byte order mark. */
export async function toUtf8(file: Blob, head: Uint8Array, encoding: string | undefined): Promise<Blob> {
  const found = encoding ?? utf16Of(head);
  if (found === null || found === 'utf-8') return file;
  const decoder = new TextDecoder(found);
  const encoder = new TextEncoder();
  const transcode = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform: (piece, controller) => controller.enqueue(encoder.encode(decoder.decode(piece, { stream: true }))),
    flush: (controller) => controller.enqueue(encoder.encode(decoder.decode())),
  });
  // The browser keeps a large blob on disk.
  return new Response(file.stream().pipeThrough(transcode)).blob();
}

function utf16Of(head: Uint8Array): string | null {
  if (startsWith(head, '\u00ff\u00fe')) return 'utf-16le';
  return startsWith(head, '\u00fe\u00ff') ? 'utf-16be' : null;
}

/** Where a piece of the file begins. */
export interface Place {
  readonly fileName: string;
  /** Bytes before it. */
  readonly offset: number;
  /** Counted from 1. */
  readonly line: number;
}

/** @throws StudioError E-DATA-FORMAT for bytes that are not UTF-8 (with byte, line and other encodings) and for NUL. */
export function decodeUtf8(bytes: Uint8Array, place: Place): string {
  let decoded: string;
  try {
    decoded = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw notUtf8(bytes, place);
  }
  const nul = decoded.indexOf('\0');
  if (nul === -1) return decoded;
  throw dataFormatError(
    place.fileName,
    place.line + lineAt(decoded, nul) - 1,
    msg`there is a NUL character, so this is a binary file, or UTF-16 without a byte order mark.`,
    SAVE_AS_UTF8,
    bytes[1] === 0 ? [{ kind: 'encoding', encoding: 'utf-16le', sample: sampleOf(bytes, 0, 'utf-16le') ?? '' }] : [],
  );
}

function notUtf8(bytes: Uint8Array, { fileName, offset, line }: Place): Error {
  const at = firstInvalidByte(bytes);
  let lines = 0;
  for (const byte of bytes.subarray(0, at)) if (byte === 10) lines++;
  const value = bytes[at]?.toString(16).padStart(2, '0') ?? '';
  return dataFormatError(
    fileName,
    line + lines,
    msg`byte ${offset + at} of the file (0x${value}) is not valid UTF-8.`,
    SAVE_AS_UTF8,
    OTHER_ENCODINGS.flatMap((encoding): ErrorFix[] => {
      const sample = sampleOf(bytes, at, encoding);
      return sample === null ? [] : [{ kind: 'encoding', encoding, sample }];
    }),
  );
}

/** The place of the fault read in another encoding; null where it is none of that. */
function sampleOf(bytes: Uint8Array, at: number, encoding: string): string | null {
  try {
    const decoded = new TextDecoder(encoding, { fatal: true }).decode(bytes, { stream: true });
    const before = new TextDecoder(encoding).decode(bytes.subarray(0, at), { stream: true }).length;
    return decoded
      .slice(Math.max(0, before - 15), before - 15 + SAMPLE_CHARACTERS)
      .replace(/\s+/g, ' ')
      .trim();
  } catch {
    return null;
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
