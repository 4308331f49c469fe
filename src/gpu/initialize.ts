// Starts the tensor library: our WebGPU backend where there is a device, else tfjs's WebGL or CPU with the reason why.

import * as tf from '@tensorflow/tfjs';
// Registers the stock WebGPU kernels, which are then copied to our backend's name.
import '@tensorflow/tfjs-backend-webgpu';
import { type BackendName, WEBGPU_BACKEND } from './backend-names.ts';
import { isUnavailable, type OpenedDevice, openDevice, type Unavailable } from './device.ts';
import { copyKernels, makeBackend } from './make-backend.ts';
import type { AtelierBackend } from './webgpu-backend.ts';

export interface Engine {
  readonly backendName: BackendName;
  /** Set with WebGPU. */
  readonly webgpu: AtelierBackend | null;
  readonly info: GPUAdapterInfo | null;
  readonly software: boolean;
  /** Why WebGPU is not used; null with WebGPU. */
  readonly unavailable: Unavailable | null;
}

/** Dispatches recorded before a submit: fewer submits, yet none long enough to alarm a watchdog. */
const SUBMIT_BATCH = 48;
/** tfjs's enum value for its tiled matmul: the split-K one adds floats in any order. */
const MATMUL_PACKED = 3;

/** Opens the device and makes its backend the active one. Call once per thread. */
export async function initializeEngine(only?: BackendName): Promise<Engine> {
  const opened = only === undefined || only === WEBGPU_BACKEND ? await openDevice() : null;
  if (opened && !isUnavailable(opened)) return startWebGpu(opened);
  return startFallback(only, opened);
}

async function startWebGpu({ device, info, software }: OpenedDevice): Promise<Engine> {
  // Small tensors must not run on the CPU: its rounding differs, and runs must repeat bit for bit.
  tf.env().set('WEBGPU_CPU_FORWARD', false);
  tf.env().set('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE', SUBMIT_BATCH);
  tf.env().set('WEBGPU_MATMUL_PROGRAM_TYPE', MATMUL_PACKED);
  const webgpu = makeBackend(device, info, software);
  tf.registerBackend(WEBGPU_BACKEND, () => webgpu, 10);
  // Our own operations registered theirs on import.
  copyKernels('webgpu', WEBGPU_BACKEND);
  await tf.setBackend(WEBGPU_BACKEND);
  return { backendName: WEBGPU_BACKEND, webgpu, info, software, unavailable: null };
}

async function startFallback(only: BackendName | undefined, unavailable: Unavailable | null): Promise<Engine> {
  for (const name of ['webgl', 'cpu'] as const) {
    if (only !== undefined && only !== WEBGPU_BACKEND && only !== name) continue;
    if (await canRun(name)) return { backendName: name, webgpu: null, info: null, software: false, unavailable };
  }
  throw new Error('tfjs offers no backend at all');
}

async function canRun(name: 'webgl' | 'cpu'): Promise<boolean> {
  if (name === 'webgl' && typeof OffscreenCanvas === 'undefined') return false;
  try {
    return await tf.setBackend(name);
  } catch {
    // tfjs throws where it can not make the context; the next backend is tried.
    return false;
  }
}
