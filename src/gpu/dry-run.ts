// Runs code on a backend whose device does nothing, to learn what memory it takes.

import * as tf from '@tensorflow/tfjs';
import { DRY_BACKEND, WEBGPU_BACKEND } from './backend-names.ts';
import { dryDevice } from './dry-device.ts';
import { copyKernels, makeBackend } from './make-backend.ts';
import { type AtelierBackend, activeWebGpu } from './webgpu-backend.ts';

/** Bytes that the device would have allocated. */
export interface DryMeter {
  readonly liveBytes: number;
  /** The most at once since `startPeak`. */
  readonly peakBytes: number;
  startPeak(): void;
}

/**
 * @param run must be done when it returns, must read nothing back, and must use no tensor from outside.
 * @returns what it returns; null where there is no WebGPU.
 */
export function dryRun<T>(run: (meter: DryMeter) => T): T | null {
  const real = activeWebGpu();
  if (!real) return null;
  const backend = makeBackend(dryDevice(real.device), real.info, real.software);
  copyKernels(WEBGPU_BACKEND, DRY_BACKEND);
  tf.registerBackend(DRY_BACKEND, () => backend);
  const before = tf.getBackend();
  // A backend that is there at once is set before this returns; nothing else runs until it is set back.
  void tf.setBackend(DRY_BACKEND);
  try {
    return run(meterOf(backend));
  } finally {
    void tf.setBackend(before);
    tf.removeBackend(DRY_BACKEND);
  }
}

const meterOf = ({ pool }: AtelierBackend): DryMeter => ({
  get liveBytes() {
    return pool.numBytesUsed;
  },
  get peakBytes() {
    return pool.peakBytes;
  },
  startPeak() {
    pool.peakBytes = pool.numBytesAllocated;
  },
});
