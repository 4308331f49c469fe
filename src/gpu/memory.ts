// What the engine holds: live bytes, pooled bytes, and a way to give the pool back.

import * as tf from '@tensorflow/tfjs';
import { activeWebGpu } from './webgpu-backend.ts';

export interface MemoryUse {
  readonly tensors: number;
  /** Bytes of live tensors on the device (on other backends: in all). */
  readonly liveBytes: number;
  /** Bytes allocated on the device, pooled buffers included; equals liveBytes where there is no pool. */
  readonly allocatedBytes: number;
}

export function memoryUse(): MemoryUse {
  const { numTensors, numBytes } = tf.memory();
  const backend = activeWebGpu();
  if (!backend) return { tensors: numTensors, liveBytes: numBytes, allocatedBytes: numBytes };
  const { numBytesInGPU, numBytesAllocatedInGPU } = backend.memory() as unknown as Record<string, number>;
  return { tensors: numTensors, liveBytes: numBytesInGPU ?? 0, allocatedBytes: numBytesAllocatedInGPU ?? 0 };
}

/** The parts of tfjs's buffer pool that it never frees by itself (4.22.0). */
interface BufferPool {
  freeBuffers: Map<string, GPUBuffer[]>;
  numFreeBuffers: number;
  numBytesAllocated: number;
}

/** Destroys pooled buffers that nobody uses. Shapes that come back allocate anew. */
export function trimPool(): void {
  const backend = activeWebGpu();
  if (!backend) return;
  backend.flush();
  const pool = backend.bufferManager as unknown as BufferPool;
  for (const buffers of pool.freeBuffers.values()) {
    for (const buffer of buffers) {
      pool.numBytesAllocated -= buffer.size;
      pool.numFreeBuffers -= 1;
      buffer.destroy();
    }
    buffers.length = 0;
  }
}
