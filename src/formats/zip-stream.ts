// Writes a zip archive as a stream: entries are stored, not compressed (weights do not compress), and pulled one after
// another, so that an archive needs no more memory than one piece of it. Checkpoint exports are made with it.

import { makeZip, predictLength } from 'client-zip';

export interface ZipEntry {
  /** Path inside the archive. */
  readonly name: string;
  /** Bytes, where known. */
  readonly size?: number;
  readonly data: string | AsyncIterable<Uint8Array>;
}

/** An error thrown by an entry's data makes the stream fail with that error. Zip64 is used where needed. */
export function zipStream(entries: Iterable<ZipEntry> | AsyncIterable<ZipEntry>): ReadableStream<Uint8Array> {
  return makeZip(toInputs(entries));
}

/** Bytes of the archive that `zipStream` makes of entries whose sizes are known. */
export function predictZipLength(entries: readonly (ZipEntry & { readonly size: number })[]): number {
  return Number(predictLength(entries.map(({ name, size }) => ({ name, size }))));
}

async function* toInputs(entries: Iterable<ZipEntry> | AsyncIterable<ZipEntry>) {
  for await (const { name, size, data } of entries) {
    const known = size === undefined ? {} : { size };
    if (typeof data === 'string') yield { name, input: data, ...known };
    else yield { name, input: data, ...known };
  }
}
