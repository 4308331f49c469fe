// What the engine holds: live bytes, pooled bytes, and a bound on the pool.

import * as tf from '@tensorflow/tfjs';
import { activeWebGpu } from './webgpu-backend.ts';

export interface MemoryUse {
  readonly tensors: number;
  /** Bytes of live tensors on the device (on other backends: in all). */
  readonly liveBytes: number;
  /** Bytes allocated on the device, pooled buffers included; equals liveBytes where there is no pool. */
  readonly allocatedBytes: number;
  /** The most that was allocated at once. */
  readonly peakBytes: number;
}

export function memoryUse(): MemoryUse {
  const { numTensors, numBytes } = tf.memory();
  const backend = activeWebGpu();
  if (!backend) return { tensors: numTensors, liveBytes: numBytes, allocatedBytes: numBytes, peakBytes: numBytes };
  const { numBytesUsed, numBytesAllocated, peakBytes } = backend.pool;
  return { tensors: numTensors, liveBytes: numBytesUsed, allocatedBytes: numBytesAllocated, peakBytes };
}

/** Idle pool that is always left alone: allocating small buffers again costs more than keeping them. */
const SMALL_POOL = 64 * 1024 * 1024;

/**
 * Destroys pooled buffers that nobody uses, once they are more than what is in use. Batches of texts come in many
 * lengths: without this the pool grows through the first epochs.
 */
export function trimPool(): void {
  const backend = activeWebGpu();
  if (!backend) return;
  const { liveBytes, allocatedBytes } = memoryUse();
  if (allocatedBytes - liveBytes > Math.max(SMALL_POOL, liveBytes)) emptyPool();
}

/** Destroys all pooled buffers that nobody uses. */
export function emptyPool(): void {
  const backend = activeWebGpu();
  backend?.flush();
  backend?.pool.trim();
}

/**
 * Counts from now on what is allocated on the device; idle buffers do not count. One at a time: `peakBytes` of
 * `memoryUse` starts anew. @returns a function that tells the bytes by which the allocation has grown, and how far it
 * was above that at its peak; null where nobody counts.
 */
export function meterMemory(): (() => { readonly alloc: number; readonly peaked: number }) | null {
  const pool = activeWebGpu()?.pool;
  if (!pool) return null;
  emptyPool();
  const before = pool.numBytesAllocated;
  pool.peakBytes = before;
  return () => {
    emptyPool();
    const now = pool.numBytesAllocated;
    return { alloc: now - before, peaked: pool.peakBytes - now };
  };
}

/**
 * After memory ran out and everything large was freed: forgets the failure and every idle buffer, of which some may be
 * none. Recorded steps must be gone.
 */
export async function recoverMemory(): Promise<void> {
  const backend = activeWebGpu();
  if (!backend) return;
  backend.flush();
  backend.pool.trim(['shared', 'recorded']);
  // What else went wrong for want of memory is reported by the time these answers come.
  backend.device.pushErrorScope('validation');
  await backend.device.popErrorScope();
  await backend.queue.onSubmittedWorkDone();
  backend.errors.forgetMemory();
}
