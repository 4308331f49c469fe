// Changes how a tensor is stored: float32 to halves and back. The rounding is to nearest even.

import type { TensorInfo } from '@tensorflow/tfjs';
import { defineKernel, linearGrid } from './define-kernel.ts';
import source from './storage-kernel.wgsl?raw';
import { canBeHalf, type HalfStorage } from './tensor-storage.ts';
import type { AtelierBackend } from './webgpu-backend.ts';

const kernel = defineKernel({
  name: 'cast-storage',
  source,
  inputs: ['x'],
  outputs: ['y'],
  uniforms: { size: 'u32' },
});

/** A new tensor with the same values in another storage. Shapes that can not be halves stay f32. */
export function castStorageOnGpu(backend: AtelierBackend, x: TensorInfo, storage: HalfStorage | 'f32'): TensorInfo {
  const y = backend.makeOutput(x.shape, canBeHalf(x.shape) ? storage : 'f32');
  castInto(backend, x, y);
  return y;
}

/** Writes the values of x to y, of the same shape, in y's storage. */
export function castInto(backend: AtelierBackend, x: TensorInfo, y: TensorInfo): void {
  const size = x.shape.reduce((product, n) => product * n, 1);
  const groups = Math.ceil(size / 4);
  kernel.run(backend, {
    inputs: { x },
    outputs: { y },
    uniforms: { size },
    grid: linearGrid(Math.ceil(groups / 64)),
  });
}
