// The safetensors container: a JSON header with each tensor's dtype, shape and place, then the raw bytes.
// Reads headers and tensors out of a Blob without loading the rest, and makes headers for files to be written.
// `weight-files.ts` puts a model's files together; checkpoints are streamed out with `safetensorsHeaderBytes`.

import { bfloat16ToFloat32, halfToFloat32 } from '#util/half.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';

/** Bytes of one element. */
const DTYPE_BYTES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
  C64: 8,
} as const;

export type SafetensorsDtype = keyof typeof DTYPE_BYTES;

export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** First byte and the byte after the last one, counted from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

export interface SafetensorsHeader {
  readonly fileName: string;
  /** By name, in the order of the data. */
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  /** `__metadata__`, such as `format: pt`. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Where the data starts in the file. */
  readonly dataStart: number;
}

/** The format's own limit. */
const MAX_HEADER_BYTES = 100_000_000;
const LENGTH_BYTES = 8;

/** What a damaged header holds may be as long as the file. */
const short = (text: string): string => (text.length > 400 ? `${text.slice(0, 400)}…` : text);

function damaged(fileName: string, message: string, tensor?: string): StudioError {
  return new StudioError('E-MODEL-FORMAT', `${fileName}: ${short(message)}`, {
    where: tensor === undefined ? fileName : msg`${fileName}, tensor ${short(tensor)}`,
    hint: msg`Download or export the file again; compare its size with the original.`,
    safe: msg`Nothing was loaded from this file.`,
  });
}

/**
 * Reads and checks the header. Afterwards every tensor lies inside the file, has the size its shape asks for, and
 * no byte is left over.
 * @throws StudioError E-MODEL-FORMAT naming the file, and the tensor where one is at fault.
 */
export async function readSafetensorsHeader(blob: Blob, fileName: string): Promise<SafetensorsHeader> {
  const length = await readHeaderLength(blob, fileName);
  const text = await blob.slice(LENGTH_BYTES, LENGTH_BYTES + length).text();
  const { __metadata__: metadata, ...tensors } = parseHeader(text, fileName);
  const entries = Object.entries(tensors).map(([name, value]) => parseEntry(name, value, fileName));
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  const dataStart = LENGTH_BYTES + length;
  checkLayout(entries, blob.size - dataStart, fileName);
  return {
    fileName,
    entries: new Map(entries.map((entry) => [entry.name, entry])),
    metadata: (metadata ?? {}) as Record<string, string>,
    dataStart,
  };
}

async function readHeaderLength(blob: Blob, fileName: string): Promise<number> {
  if (blob.size < LENGTH_BYTES) {
    throw damaged(
      fileName,
      msg`the file has ${blob.size} bytes and is cut off before its header, or is not a safetensors file.`,
    );
  }
  const view = new DataView(await blob.slice(0, LENGTH_BYTES).arrayBuffer());
  const length = Number(view.getBigUint64(0, true));
  if (length > MAX_HEADER_BYTES) {
    throw damaged(
      fileName,
      msg`its first 8 bytes announce a header of ${length} bytes, more than the 100 MB that the format allows. This is no safetensors file, or it is damaged.`,
    );
  }
  if (LENGTH_BYTES + length > blob.size) {
    throw damaged(
      fileName,
      msg`the header should be ${length} bytes long, but the file has only ${blob.size} bytes in all: it is cut off.`,
    );
  }
  return length;
}

function parseHeader(text: string, fileName: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw damaged(fileName, msg`the header is not JSON (${cause instanceof Error ? cause.message : String(cause)}).`);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw damaged(fileName, msg`the header is JSON but not an object with tensor names.`);
  }
  return parsed as Record<string, unknown>;
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function parseEntry(name: string, value: unknown, fileName: string): SafetensorsEntry {
  const fields = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const { dtype, shape, data_offsets: offsets } = fields;
  if (typeof dtype !== 'string' || !Array.isArray(shape) || !shape.every(isSize)) {
    throw damaged(fileName, msg`tensor ${name} has no valid dtype and shape in the header.`, name);
  }
  if (!Object.hasOwn(DTYPE_BYTES, dtype)) {
    throw damaged(
      fileName,
      msg`tensor ${name} has the unknown dtype ${dtype}. Known are ${Object.keys(DTYPE_BYTES).join(', ')}.`,
      name,
    );
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize) || offsets[0]! > offsets[1]!) {
    throw damaged(fileName, msg`tensor ${name} has the invalid data_offsets ${describeOffsets(offsets)}.`, name);
  }
  const entry = { name, dtype: dtype as SafetensorsDtype, shape, begin: offsets[0]!, end: offsets[1]! };
  const expected = byteLengthOf(entry.dtype, shape);
  if (entry.end - entry.begin !== expected) {
    throw damaged(
      fileName,
      msg`tensor ${name} of shape [${shape.join(', ')}] and dtype ${dtype} needs ${expected} bytes, but its data_offsets hold ${entry.end - entry.begin}.`,
      name,
    );
  }
  return entry;
}

/** One level of it: a damaged header may be nested without end. */
const describeOffsets = (offsets: unknown): string =>
  Array.isArray(offsets)
    ? `[${offsets.map((each) => (typeof each === 'object' ? '…' : String(each))).join(',')}]`
    : msg`of type ${typeof offsets}`;

/** `entries` in the order of their offsets; `available` bytes of data are there. */
function checkLayout(entries: readonly SafetensorsEntry[], available: number, fileName: string): void {
  let position = 0;
  let previous = msg`the header`;
  for (const { name, begin, end } of entries) {
    if (begin < position) throw damaged(fileName, msg`the bytes of tensor ${name} overlap those of ${previous}.`, name);
    if (begin > position)
      throw damaged(
        fileName,
        msg`there is a gap of ${begin - position} bytes between ${previous} and tensor ${name}.`,
        name,
      );
    if (end > available) {
      throw damaged(
        fileName,
        msg`tensor ${name} ends at byte ${end} of the data, but only ${available} bytes of data are there: the file is cut off.`,
        name,
      );
    }
    position = end;
    previous = msg`tensor ${name}`;
  }
  if (position !== available)
    throw damaged(fileName, msg`${available - position} bytes after ${previous} belong to no tensor.`);
}

/** Bytes of a tensor of that dtype and shape. */
function byteLengthOf(dtype: SafetensorsDtype, shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, DTYPE_BYTES[dtype]);
}

/**
 * One tensor as float32, row-major. F32 as it is, F16 and BF16 widened exactly, F64 rounded, I64 converted.
 * @throws StudioError E-MODEL-WEIGHTS when there is no such tensor, E-MODEL-FORMAT for any other dtype.
 */
export async function readTensorAsFloat32(
  blob: Blob,
  header: SafetensorsHeader,
  name: string,
): Promise<Float32Array<ArrayBuffer>> {
  const entry = header.entries.get(name);
  if (!entry) {
    throw new StudioError('E-MODEL-WEIGHTS', msg`${header.fileName} holds no tensor named ${name}.`, {
      where: header.fileName,
    });
  }
  const { dataStart, fileName } = header;
  const bytes = await blob.slice(dataStart + entry.begin, dataStart + entry.end).arrayBuffer();
  switch (entry.dtype) {
    case 'F32':
      return new Float32Array(bytes);
    case 'F16':
      return halfToFloat32(new Uint16Array(bytes));
    case 'BF16':
      return bfloat16ToFloat32(new Uint16Array(bytes));
    case 'F64':
      return new Float32Array(new Float64Array(bytes));
    case 'I64':
      return Float32Array.from(new BigInt64Array(bytes), Number);
    default:
      throw new StudioError(
        'E-MODEL-FORMAT',
        msg`${fileName}: tensor ${name} has dtype ${entry.dtype}, which can not be trained.`,
        {
          where: msg`${fileName}, tensor ${name}`,
          hint: msg`Use the model in F32, F16 or BF16: quantized weights have to be converted first.`,
        },
      );
  }
}

/** A tensor of a file to be written. */
export interface TensorSpec {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly byteLength: number;
}

/** The order in which the safetensors library writes: widest dtype first, then by name. */
export function orderTensors<T extends Pick<TensorSpec, 'name' | 'dtype'>>(tensors: readonly T[]): T[] {
  return [...tensors].sort(
    (a, b) => DTYPE_BYTES[b.dtype] - DTYPE_BYTES[a.dtype] || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
}

/**
 * What precedes the data of a file with these tensors: length and header, a multiple of 8 bytes. The data must follow
 * in the order of `orderTensors`, without gaps.
 */
export function safetensorsHeaderBytes(tensors: readonly TensorSpec[]): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let position = 0;
  for (const { name, dtype, shape, byteLength } of orderTensors(tensors)) {
    if (byteLength !== byteLengthOf(dtype, shape)) {
      throw new StudioError(
        'E-INTERNAL',
        msg`Tensor ${name} of shape [${shape.join(', ')}] and dtype ${dtype} can not have ${byteLength} bytes.`,
      );
    }
    header[name] = { dtype, shape, data_offsets: [position, position + byteLength] };
    position += byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(LENGTH_BYTES + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(bytes.length - LENGTH_BYTES), true);
  bytes.set(json, LENGTH_BYTES);
  return bytes;
}
