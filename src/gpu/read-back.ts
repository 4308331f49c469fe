// The one way from the GPU to main memory. Every read asks the device anew and throws what went wrong on it.

import type { Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import { isHalf } from './tensor-storage.ts';
import { type AtelierBackend, activeWebGpu } from './webgpu-backend.ts';

/** The tensor's values now: float32 for float tensors whatever their storage, int32 for int and bool ones. */
export async function readTensor(tensor: Tensor): Promise<Float32Array | Int32Array> {
  const values = await guarded(() => tensor.data());
  return values as Float32Array | Int32Array;
}

/** Copies a tensor on the device, so that training may go on while the copy is read out. */
export function snapshot(tensor: Tensor): Tensor {
  const backend = activeWebGpu();
  if (!backend || isHalf(tensor)) return tf.keep(tf.add(tensor, 0));
  const info = backend.makeOutput(tensor.shape, tensor.dtype === 'int32' ? 'i32' : 'f32');
  const bytes = tensor.size * 4;
  backend.copyOut(tensor, 0, bytes, backend.bufferOf(info));
  return tf.keep(tf.engine().makeTensorFromTensorInfo(info));
}

/** The bytes of a float32 or int32 tensor in pieces of at most `pieceBytes` (a multiple of 4), one piece in memory at a time. */
export async function* streamTensor(tensor: Tensor, pieceBytes: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const backend = activeWebGpu();
  if (!backend || isHalf(tensor)) {
    const values = (await readTensor(tensor)).slice();
    for (let at = 0; at < values.byteLength; at += pieceBytes) {
      yield new Uint8Array(values.buffer, at, Math.min(pieceBytes, values.byteLength - at));
    }
    return;
  }
  const total = tensor.size * 4;
  for (let at = 0; at < total; at += pieceBytes) {
    const length = Math.min(pieceBytes, total - at);
    yield await guarded(() => readRanges(backend, [{ tensor, begin: at, length }]));
  }
}

/** The bytes of several float32 or int32 tensors, small enough to be held together, in one trip to the device. */
export async function readBytesTogether(tensors: readonly Tensor[]): Promise<Uint8Array<ArrayBuffer>[]> {
  const backend = activeWebGpu();
  if (!backend || tensors.some(isHalf)) {
    return Promise.all(tensors.map(async (tensor) => new Uint8Array((await readTensor(tensor)).slice().buffer)));
  }
  const ranges = tensors.map((tensor) => ({ tensor, begin: 0, length: tensor.size * 4 }));
  const bytes = await guarded(() => readRanges(backend, ranges));
  let at = 0;
  return ranges.map(({ length }) => {
    at += length;
    return bytes.subarray(at - length, at);
  });
}

/** Small float32 tensors as they are when they are added, read together later: nothing waits meanwhile. */
export class StagedRead {
  readonly #backend = activeWebGpu();
  readonly #staging: GPUBuffer | null;
  readonly #copies: Tensor[] = [];
  #bytes = 0;

  /** @param capacity values in all. */
  constructor(capacity: number) {
    this.#staging = this.#backend?.pool.acquireBuffer(capacity * 4, 0x1 | 0x8) ?? null; // MAP_READ | COPY_DST
  }

  add(tensor: Tensor): void {
    if (this.#backend && this.#staging) {
      this.#backend.copyOut(tensor, 0, tensor.size * 4, this.#staging, this.#bytes);
      this.#bytes += tensor.size * 4;
    } else {
      this.#copies.push(tf.keep(tf.clone(tensor)));
    }
  }

  /** All values in the order they were added. Call once. */
  async read(): Promise<Float32Array> {
    const [backend, staging] = [this.#backend, this.#staging];
    if (!backend || !staging) return this.#readCopies();
    return guarded(async () => {
      backend.flush();
      try {
        await staging.mapAsync(0x1);
        const values = new Float32Array(staging.getMappedRange(0, this.#bytes).slice(0));
        staging.unmap();
        return values;
      } finally {
        backend.pool.releaseBuffer(staging);
      }
    });
  }

  async #readCopies(): Promise<Float32Array> {
    const joined = tf.tidy(() => tf.concat(this.#copies.map((tensor) => tf.reshape(tensor, [tensor.size]))));
    tf.dispose(this.#copies);
    try {
      return (await readTensor(joined)) as Float32Array;
    } finally {
      joined.dispose();
    }
  }
}

interface Range {
  readonly tensor: Tensor;
  readonly begin: number;
  readonly length: number;
}

/** Copies byte ranges one after another into one buffer that the CPU can see, and waits for it alone. */
async function readRanges(backend: AtelierBackend, ranges: readonly Range[]): Promise<Uint8Array<ArrayBuffer>> {
  const size = ranges.reduce((sum, { length }) => sum + length, 0);
  const staging = backend.device.createBuffer({ size, usage: 0x1 | 0x8 }); // MAP_READ | COPY_DST
  try {
    let at = 0;
    for (const { tensor, begin, length } of ranges) {
      backend.copyOut(tensor, begin, length, staging, at);
      at += length;
    }
    backend.flush();
    await staging.mapAsync(0x1);
    return new Uint8Array(staging.getMappedRange().slice(0));
  } finally {
    staging.destroy();
  }
}

/** Runs a read; a device error explains itself rather than the failed mapping. */
async function guarded<T>(read: () => Promise<T>): Promise<T> {
  const backend = activeWebGpu();
  try {
    const values = await read();
    await backend?.errors.settle();
    return values;
  } catch (error) {
    await backend?.errors.settle();
    if (error instanceof StudioError) throw error;
    throw new StudioError(
      'E-GPU-LOST',
      msg`Reading from the GPU failed: ${error instanceof Error ? error.message : String(error)}`,
      {
        hint: msg`Reload the page and resume from the latest checkpoint.`,
        safe: msg`Checkpoints written so far are kept.`,
        cause: error,
      },
    );
  }
}
