// Reads archives that `torch.save` writes: a zip with a pickle (`data.pkl`) and one file for each storage. Only plain
// values and tensors are read; nothing is run, and no size is believed that the file does not bear out. Tensors are
// read out one by one, when asked for.

import { Crc32 } from '#util/crc32.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import { readTorchPickle } from './torch-pickle-reader.ts';
import {
  rowMajor,
  TORCH_DTYPES,
  type TorchDtype,
  type TorchStorage,
  type TorchTensor,
  type TorchValue,
} from './torch-values.ts';
import { readZip, type ZipItem } from './zip-reader.ts';

/** The pickle of a large model's optimizer has some megabytes. */
const MAX_PICKLE_BYTES = 512 * 1024 * 1024;

function damaged(fileName: string, problem: string): StudioError {
  return new StudioError('E-CHECKPOINT', `${fileName}: ${problem}`, {
    where: fileName,
    hint: msg`Copy the file again, or save it again with torch 1.6 or newer.`,
    safe: msg`Nothing was loaded from it.`,
  });
}

/** @throws StudioError E-CHECKPOINT when the file is damaged, too old, or holds what is not allowed. */
export async function readTorchArchive(file: Blob, fileName: string): Promise<TorchValue> {
  const items = new Map((await zipItems(file, fileName)).map((item) => [item.path, item]));
  const pickles = [...items.keys()].filter((path) => /^[^/]+\/data\.pkl$/.test(path));
  const root = pickles[0]?.slice(0, -'data.pkl'.length);
  if (root === undefined || pickles.length > 1 || !items.has(`${root}version`))
    throw damaged(fileName, msg`this zip archive was not written by torch.save.`);
  const order = items.get(`${root}byteorder`);
  if (order && new TextDecoder().decode(await readItem(order, fileName)) !== 'little')
    throw damaged(fileName, msg`its numbers are stored big-endian, which is not read here.`);
  const pickle = items.get(`${root}data.pkl`)!;
  if (pickle.byteLength > MAX_PICKLE_BYTES) throw damaged(fileName, msg`its data.pkl is too large.`);
  return readTorchPickle({
    bytes: await readItem(pickle, fileName),
    fileName,
    maxTensorBytes: file.size,
    findStorage: (key, dtype, length) => storageIn(items.get(`${root}data/${key}`), { key, dtype, length, fileName }),
  });
}

async function zipItems(file: Blob, fileName: string): Promise<ZipItem[]> {
  const start = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  if (start[0] === 0x80) throw damaged(fileName, msg`it is written in the format that torch had before version 1.6.`);
  try {
    return await readZip(file, fileName);
  } catch (cause) {
    throw damaged(fileName, msg`it is no archive of torch, or it is cut off (${(cause as Error).message})`);
  }
}

interface StoragePlace {
  readonly key: string;
  readonly dtype: TorchDtype;
  readonly length: number;
  readonly fileName: string;
}

function storageIn(item: ZipItem | undefined, { key, dtype, length, fileName }: StoragePlace): TorchStorage {
  const expected = length * TORCH_DTYPES[dtype].bytes;
  if (!item) throw damaged(fileName, msg`storage ${key} is missing.`);
  if (item.byteLength !== expected)
    throw damaged(fileName, msg`storage ${key} should have ${expected} bytes, but has ${item.byteLength}.`);
  return {
    dtype,
    length,
    async *chunks() {
      yield await readItem(item, fileName);
    },
  };
}

/** All bytes of an entry, its checksum verified. */
async function readItem(item: ZipItem, fileName: string): Promise<Uint8Array<ArrayBuffer>> {
  // torch never compresses; refusing it keeps a small file from becoming a large one.
  if (item.compressed) throw damaged(fileName, msg`${item.path} is compressed, which torch does not do.`);
  const blob = await item.open().catch((cause: Error) => {
    throw damaged(fileName, msg`${item.path} can not be read: ${cause.message}`);
  });
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const crc = new Crc32();
  crc.update(bytes);
  if (bytes.length !== item.byteLength || crc.digest() !== item.crc32)
    throw damaged(fileName, msg`the bytes of ${item.path} are damaged.`);
  return bytes;
}

/** The elements of a tensor in row-major order, little-endian, without gaps. */
export async function readTorchTensor(tensor: TorchTensor): Promise<Uint8Array<ArrayBuffer>> {
  const { storage, offset, shape, strides } = tensor;
  const { bytes: size } = TORCH_DTYPES[storage.dtype];
  const source = await joined(storage);
  const elements = shape.reduce((product, n) => product * n, 1);
  if (isRowMajor(tensor)) return source.slice(offset * size, (offset + elements) * size);
  const target = new Uint8Array(elements * size);
  const index = shape.map(() => 0);
  for (let i = 0; i < elements; i++) {
    const at = index.reduce((sum, n, d) => sum + n * strides[d]!, offset) * size;
    target.set(source.subarray(at, at + size), i * size);
    for (let d = shape.length - 1; d >= 0 && ++index[d]! === shape[d]; d--) index[d] = 0;
  }
  return target;
}

/** A dimension of one element has any stride. */
function isRowMajor({ shape, strides }: TorchTensor): boolean {
  const expected = rowMajor(shape);
  return shape.every((n, d) => n <= 1 || strides[d] === expected[d]);
}

async function joined(storage: TorchStorage): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(storage.length * TORCH_DTYPES[storage.dtype].bytes);
  let at = 0;
  for await (const chunk of storage.chunks()) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
