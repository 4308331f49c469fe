// The one place that knows how a tensor's values lie in GPU memory. A tensor keeps its logical dtype and shape
// (float32 to tfjs); its buffer may hold halves instead: f16 or bf16, two per 32-bit word, four per `vec2<u32>`.

import type { DataId } from '@tensorflow/tfjs';

/** `f32` and `i32` are tfjs's own layouts; the halves exist in our backend alone. */
export type TensorStorage = 'f32' | 'f16' | 'bf16' | 'i32';
export type HalfStorage = 'f16' | 'bf16';

const halves = new WeakMap<DataId, HalfStorage>();
/** First byte, in a larger buffer, of a tensor that is part of it. */
const viewOffsets = new WeakMap<DataId, number>();

export function storageOf(tensor: { readonly dataId: DataId; readonly dtype: string }): TensorStorage {
  const half = halves.get(tensor.dataId);
  if (half) return half;
  return tensor.dtype === 'int32' || tensor.dtype === 'bool' ? 'i32' : 'f32';
}

export function isHalf(tensor: { readonly dataId: DataId }): boolean {
  return halves.has(tensor.dataId);
}

/** Marks a tensor whose buffer was allocated for halves. Called by the backend when it makes one. */
export function markHalf(dataId: DataId, storage: HalfStorage): void {
  halves.set(dataId, storage);
}

/** Marks a tensor that lies inside a larger buffer. Called by the backend when it makes one. */
export function markView(dataId: DataId, offset: number): void {
  viewOffsets.set(dataId, offset);
}

export function isView(tensor: { readonly dataId: DataId }): boolean {
  return viewOffsets.has(tensor.dataId);
}

export function viewOffset(tensor: { readonly dataId: DataId }): number {
  return viewOffsets.get(tensor.dataId) ?? 0;
}

/** Bytes of a tensor's values as they lie in its buffer. */
export function storedBytes(tensor: {
  readonly dataId: DataId;
  readonly dtype: string;
  readonly shape: readonly number[];
}): number {
  const size = tensor.shape.reduce((product, n) => product * n, 1);
  return isHalf(tensor) ? halfBytes(size) : size * 4;
}

/** Bytes of the buffer for `size` halves: whole groups of four. */
export function halfBytes(size: number): number {
  return Math.ceil(size / 4) * 8;
}

/**
 * Whether a tensor of this shape may be stored in halves. Kernels write four neighbours at once, so the last axis
 * must be a multiple of four; other tensors stay f32, larger but right.
 */
export function canBeHalf(shape: readonly number[]): boolean {
  const last = shape[shape.length - 1];
  return last !== undefined && last > 0 && last % 4 === 0;
}
