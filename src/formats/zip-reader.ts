// Reads a zip archive out of a Blob without loading it: the directory at the end, then single entries on demand.
// A stored entry is a slice of the archive; a deflated one is inflated by the platform's own DecompressionStream.

import { Crc32 } from '#util/crc32.ts';
import { msg } from '#util/msg.ts';
import { type ErrorCode, StudioError } from '#util/studio-error.ts';

export interface ZipItem {
  /** Path inside the archive. */
  readonly path: string;
  /** As stored in the archive. */
  readonly byteLength: number;
  readonly compressed: boolean;
  /** Of the unpacked bytes. */
  readonly crc32: number;
  open(): Promise<Blob>;
}

const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const MAX_COMMENT_BYTES = 0xffff;
const END64_LOCATOR_SIGNATURE = 0x07064b50;
const END64_LOCATOR_BYTES = 20;
const END64_BYTES = 56;
const ITEM_SIGNATURE = 0x02014b50;
const ITEM_BYTES = 46;
const LOCAL_BYTES = 30;
const STORED = 0;
const DEFLATED = 8;
const ENCRYPTED_FLAG = 1;
const ZIP64_EXTRA_ID = 1;
const IN_ZIP64 = 0xffffffff;

interface Directory {
  readonly offset: number;
  readonly byteLength: number;
}

interface DirectoryItem {
  readonly path: string;
  readonly flags: number;
  readonly method: number;
  readonly crc32: number;
  readonly unpackedBytes: number;
  readonly compressedBytes: number;
  readonly localOffset: number;
}

/** The archive with the code of the errors that its faults are. */
interface Archive {
  readonly blob: Blob;
  readonly fileName: string;
  readonly code: ErrorCode;
}

function damaged({ fileName, code }: Archive, message: string, hint: string): StudioError {
  return new StudioError(code, `${fileName}: ${message}`, { where: fileName, hint });
}

/**
 * Lists the files of an archive (no folders), in the order of its directory.
 * @param code of the error when it is cut off, damaged or not a zip.
 * @throws StudioError of that code.
 */
export async function readZip(blob: Blob, fileName: string, code: ErrorCode = 'E-MODEL-FORMAT'): Promise<ZipItem[]> {
  const archive = { blob, fileName, code };
  try {
    const directory = await findDirectory(blob);
    const view = await viewOf(blob, directory.offset, directory.byteLength);
    return parseDirectory(view)
      .filter((item) => !item.path.endsWith('/'))
      .map((item) => ({
        path: item.path,
        byteLength: item.compressedBytes,
        compressed: item.method !== STORED,
        crc32: item.crc32,
        open: () => openItem(archive, item),
      }));
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw damaged(
      archive,
      msg`the zip archive is cut off or damaged.`,
      msg`Download or copy it again, or unpack it and drop the folder.`,
    );
  }
}

/** A view of bytes that must be there. */
async function viewOf(blob: Blob, offset: number, byteLength: number): Promise<DataView> {
  if (offset < 0 || offset + byteLength > blob.size) throw new RangeError(msg`outside of the archive`);
  return new DataView(await blob.slice(offset, offset + byteLength).arrayBuffer());
}

async function findDirectory(archive: Blob): Promise<Directory> {
  const tailBytes = Math.min(archive.size, END_BYTES + MAX_COMMENT_BYTES);
  const tailOffset = archive.size - tailBytes;
  const tail = await viewOf(archive, tailOffset, tailBytes);
  let at = tailBytes - END_BYTES;
  while (at >= 0 && tail.getUint32(at, true) !== END_SIGNATURE) at--;
  if (at < 0) throw new RangeError(msg`no end record`);
  const byteLength = tail.getUint32(at + 12, true);
  const offset = tail.getUint32(at + 16, true);
  if (byteLength !== IN_ZIP64 && offset !== IN_ZIP64) return { offset, byteLength };
  return findDirectory64(archive, tailOffset + at);
}

async function findDirectory64(archive: Blob, endOffset: number): Promise<Directory> {
  const locator = await viewOf(archive, endOffset - END64_LOCATOR_BYTES, END64_LOCATOR_BYTES);
  if (locator.getUint32(0, true) !== END64_LOCATOR_SIGNATURE) throw new RangeError(msg`no zip64 locator`);
  const end = await viewOf(archive, Number(locator.getBigUint64(8, true)), END64_BYTES);
  return { byteLength: Number(end.getBigUint64(40, true)), offset: Number(end.getBigUint64(48, true)) };
}

function parseDirectory(view: DataView): DirectoryItem[] {
  const items: DirectoryItem[] = [];
  let at = 0;
  while (at < view.byteLength) {
    if (view.getUint32(at, true) !== ITEM_SIGNATURE) throw new RangeError(msg`no directory entry`);
    const nameBytes = view.getUint16(at + 28, true);
    const extraBytes = view.getUint16(at + 30, true);
    const extra = at + ITEM_BYTES + nameBytes;
    items.push({
      path: new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at + ITEM_BYTES, nameBytes)),
      flags: view.getUint16(at + 8, true),
      method: view.getUint16(at + 10, true),
      crc32: view.getUint32(at + 16, true),
      ...placeOf(view, at, extra, extra + extraBytes),
    });
    at = extra + extraBytes + view.getUint16(at + 32, true);
  }
  return items;
}

/** Size and place of an entry: 32-bit fields, those of them that overflow being 64-bit ones in the zip64 extra field. */
function placeOf(
  view: DataView,
  at: number,
  extraStart: number,
  extraEnd: number,
): Pick<DirectoryItem, 'unpackedBytes' | 'compressedBytes' | 'localOffset'> {
  let field = extraStart;
  while (field + 4 <= extraEnd && view.getUint16(field, true) !== ZIP64_EXTRA_ID)
    field += 4 + view.getUint16(field + 2, true);
  let wide = field + 4;
  // The extra field holds, in this order, only what overflowed.
  const [unpackedBytes, compressedBytes, localOffset] = [24, 20, 42].map((position) => {
    const narrow = view.getUint32(at + position, true);
    if (narrow !== IN_ZIP64) return narrow;
    wide += 8;
    return Number(view.getBigUint64(wide - 8, true));
  });
  return { unpackedBytes: unpackedBytes!, compressedBytes: compressedBytes!, localOffset: localOffset! };
}

async function openItem(archive: Archive, item: DirectoryItem): Promise<Blob> {
  const { path, flags, method, compressedBytes, localOffset } = item;
  if (flags & ENCRYPTED_FLAG)
    throw damaged(archive, msg`${path} is encrypted.`, msg`Unpack the archive and drop the folder.`);
  if (method !== STORED && method !== DEFLATED) {
    throw damaged(
      archive,
      msg`${path} is packed in a way that browsers can not unpack (method ${method}).`,
      msg`Unpack the archive and drop the folder.`,
    );
  }
  const local = await viewOf(archive.blob, localOffset, LOCAL_BYTES);
  const start = localOffset + LOCAL_BYTES + local.getUint16(26, true) + local.getUint16(28, true);
  const packed = archive.blob.slice(start, start + compressedBytes);
  // A stored entry is not read through here: it may be large, and a safetensors file is checked by its own header.
  return method === STORED ? packed : inflate(packed, item, archive);
}

async function inflate(
  packed: Blob,
  { path, crc32, unpackedBytes }: DirectoryItem,
  { fileName, code }: Archive,
): Promise<Blob> {
  const crc = new Crc32();
  let size = 0;
  const check = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(piece, controller) {
      crc.update(piece);
      size += piece.length;
      // A small entry must not become a large one behind one's back.
      if (size > unpackedBytes) controller.error(new Error('larger than it says'));
      else controller.enqueue(piece);
    },
    flush(controller) {
      if (size !== unpackedBytes || crc.digest() !== crc32) controller.error(new Error('checksum mismatch'));
    },
  });
  try {
    const inflated = packed.stream().pipeThrough(new DecompressionStream('deflate-raw')).pipeThrough(check);
    return await new Response(inflated).blob();
  } catch (cause) {
    throw new StudioError(code, msg`${fileName}: ${path} can not be unpacked, its bytes are damaged.`, {
      where: fileName,
      hint: msg`Download or copy the archive again.`,
      cause,
    });
  }
}
