// Writes archives that `torch.load(weights_only=True)` opens, as a stream: one storage after another, so that an
// optimizer's state need not fit into memory. Checkpoints go to Python with it.

import { writeTorchPickle } from './torch-pickle-writer.ts';
import { TORCH_DTYPES, type TorchStorage, type TorchValue } from './torch-values.ts';
import { predictZipLength, type ZipEntry, zipStream } from './zip-stream.ts';

export interface TorchArchive {
  readonly byteLength: number;
  chunks(): AsyncIterable<Uint8Array>;
}

/**
 * @param root folder inside the archive: torch takes the file's name without its ending.
 * @param order in which storages are best read; the others follow.
 */
export function torchArchive(value: TorchValue, root: string, order: readonly TorchStorage[] = []): TorchArchive {
  const { bytes, storages } = writeTorchPickle(value);
  const keys = new Map(storages.map((storage, key) => [storage, key]));
  const sorted = [...order.filter((storage) => keys.has(storage)), ...storages];
  const entries: (ZipEntry & { readonly size: number })[] = [
    { name: `${root}/data.pkl`, size: bytes.length, data: once(bytes) },
    text(`${root}/byteorder`, 'little'),
    ...[...new Set(sorted)].map((storage) => ({
      name: `${root}/data/${keys.get(storage)}`,
      size: storage.length * TORCH_DTYPES[storage.dtype].bytes,
      data: { [Symbol.asyncIterator]: () => storage.chunks()[Symbol.asyncIterator]() },
    })),
    text(`${root}/version`, '3\n'),
  ];
  return { byteLength: predictZipLength(entries), chunks: () => zipStream(entries) as AsyncIterable<Uint8Array> };
}

const text = (name: string, data: string) => ({ name, size: data.length, data });

const once = (bytes: Uint8Array): AsyncIterable<Uint8Array> => ({
  async *[Symbol.asyncIterator]() {
    yield bytes;
  },
});
