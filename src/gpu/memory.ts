// What the engine holds: live bytes and pooled bytes.

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
