// Tensors side by side in one buffer, so that one dispatch reads or updates them all. Each is a view that kernels can
// bind by itself.

import type { Tensor, TensorInfo, Variable } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import { castInto } from './storage-kernel.ts';
import { type HalfStorage, isView, storageOf, storedBytes, viewOffset } from './tensor-storage.ts';
import { type AtelierBackend, activeWebGpu } from './webgpu-backend.ts';

export interface ArenaPart {
  readonly shape: readonly number[];
  /** First element. */
  readonly first: number;
  /** Elements up to the next part. */
  readonly extent: number;
}

export interface ArenaLayout {
  /** Elements, gaps included. */
  readonly size: number;
  readonly parts: ReadonlyMap<string, ArenaPart>;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/**
 * Lays tensors out in their order, in as many arenas as a binding of the device demands.
 * @throws StudioError E-GPU-MEMORY when a single tensor is larger than a binding.
 */
export function planArenas(
  backend: AtelierBackend,
  shapes: ReadonlyMap<string, readonly number[]>,
  /** Whether an arena of halves of this layout must be bound part by part. */
  halves: boolean,
): ArenaLayout[] {
  const { maxStorageBufferBindingSize, maxBufferSize, minStorageBufferOffsetAlignment } = backend.device.limits;
  const room = Math.floor(Math.min(maxStorageBufferBindingSize, maxBufferSize) / 4);
  const unit = Math.max(4, minStorageBufferOffsetAlignment / (halves ? 2 : 4));
  const layouts: { size: number; parts: Map<string, ArenaPart> }[] = [];
  for (const [key, shape] of shapes) {
    const extent = Math.ceil(sizeOf(shape) / unit) * unit;
    if (extent > room) throw tooLarge(key, extent, room);
    let layout = layouts.at(-1);
    if (!layout || layout.size + extent > room) {
      layout = { size: 0, parts: new Map() };
      layouts.push(layout);
    }
    layout.parts.set(key, { shape, first: layout.size, extent });
    layout.size += extent;
  }
  return layouts;
}

function tooLarge(name: string, elements: number, room: number): StudioError {
  const megabytes = (count: number): number => Math.round((4 * count) / 1e6);
  return new StudioError(
    'E-GPU-MEMORY',
    msg`The weight ${name} takes ${megabytes(elements)} MB in float32; this GPU lets a kernel see at most ${megabytes(room)} MB at once.`,
    {
      where: name,
      hint: msg`Choose a smaller model, or a model with a smaller vocabulary.`,
      safe: msg`Nothing was changed.`,
    },
  );
}

/** Zeros at first. */
export class Arena {
  readonly layout: ArenaLayout;
  /** [size] of everything, gaps included. */
  readonly all: Tensor;
  readonly #backend: AtelierBackend;
  readonly #storage: HalfStorage | 'f32';
  readonly #buffer: GPUBuffer;
  /** The buffer lives until its last view is gone. */
  readonly #views = { count: 0 };

  constructor(backend: AtelierBackend, layout: ArenaLayout, storage: HalfStorage | 'f32' = 'f32') {
    this.layout = layout;
    this.#backend = backend;
    this.#storage = storage;
    this.#buffer = backend.createBuffer(layout.size * (storage === 'f32' ? 4 : 2));
    this.all = this.#view([layout.size], 0);
  }

  /** A new tensor that is the part; the caller owns it. */
  part(key: string): Tensor {
    const part = this.layout.parts.get(key);
    if (!part) throw new Error(`the arena has no part ${key}`);
    return this.#view(part.shape, part.first);
  }

  dispose(): void {
    this.all.dispose();
  }

  #view(shape: readonly number[], first: number): Tensor {
    const [backend, buffer, views] = [this.#backend, this.#buffer, this.#views];
    views.count++;
    const offset = first * (this.#storage === 'f32' ? 4 : 2);
    const info = backend.makeView(shape, this.#storage, buffer, offset, () => {
      views.count--;
      if (views.count === 0) backend.destroyBuffer(buffer);
    });
    return tf.keep(tf.engine().makeTensorFromTensorInfo(info));
  }
}

/** Copies a tensor's values into a part of an arena, rounding them where the part is in halves. */
export function copyInto(target: Tensor, source: Tensor): void {
  const backend = activeWebGpu()!;
  if (storageOf(source) !== storageOf(target)) castInto(backend, source, target);
  else backend.copyOut(source, 0, storedBytes(source), backend.bufferOf(target), viewOffset(target));
}

/**
 * One view of several tensors that lie one after the other in a buffer, joined along their first axis; null where they
 * do not. The caller disposes its data.
 */
export function joined(backend: AtelierBackend, tensors: readonly TensorInfo[]): TensorInfo | null {
  const [first] = tensors;
  if (!first) return null;
  let end = viewOffset(first);
  for (const tensor of tensors) {
    if (!isView(tensor) || backend.bufferOf(tensor) !== backend.bufferOf(first)) return null;
    if (viewOffset(tensor) !== end || storageOf(tensor) !== storageOf(first)) return null;
    end += storedBytes(tensor);
  }
  const rows = tensors.reduce((sum, { shape }) => sum + shape[0]!, 0);
  const storage = storageOf(first);
  if (storage === 'i32') return null;
  return backend.makeView([rows, ...first.shape.slice(1)], storage, backend.bufferOf(first), viewOffset(first));
}

/** Sets the values of a tensor, of its dtype and row-major, in place where others look at the same memory. */
export function setValues(variable: Tensor, values: Float32Array | Int32Array): void {
  const backend = activeWebGpu();
  if (backend && isView(variable)) backend.writeValues(variable, values);
  else tf.tidy(() => (variable as Variable).assign(tf.tensor(values, variable.shape, variable.dtype)));
}
