// A backend of ours that is ready to run kernels, on a real device (`initialize.ts`) or one that does nothing
// (`dry-run.ts`), and the kernels of one backend under the name of another.

import * as tf from '@tensorflow/tfjs';
import { castStorageOnGpu } from './storage-kernel.ts';
import { AtelierBackend } from './webgpu-backend.ts';

export function makeBackend(device: GPUDevice, info: GPUAdapterInfo, software: boolean): AtelierBackend {
  const backend = new AtelierBackend(device, info, software);
  backend.widenWith((given, half) => castStorageOnGpu(given, half, 'f32'));
  return backend;
}

/** Those that are registered under both names already are left alone. */
export function copyKernels(from: string, to: string): void {
  for (const config of tf.getKernelsForBackend(from))
    if (!tf.getKernel(config.kernelName, to)) tf.registerKernel({ ...config, backendName: to });
}
