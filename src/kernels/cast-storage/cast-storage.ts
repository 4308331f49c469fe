// Keeps a tensor's values in another storage: halves for the large products, float32 for the rest.
// On backends without halves it is the identity.

import type { Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineOperation } from '#gpu/define-operation.ts';
import { castStorageOnGpu } from '#gpu/storage-kernel.ts';
import { canBeHalf, type HalfStorage, storageOf } from '#gpu/tensor-storage.ts';
import { activeWebGpu } from '#gpu/webgpu-backend.ts';

const operation = defineOperation<'x', { storage: HalfStorage | 'f32' }>({
  name: 'AtelierCastStorage',
  reference: ({ x }) => [tf.clone(x)],
  webgpu: (backend, { x }, { storage }) => [castStorageOnGpu(backend, x, storage)],
  gradient: {
    inputsToSave: [],
    outputsToSave: [false],
    // The gradient of a rounding is taken as one; weights and their gradients stay float32.
    grad: ([dy]) => ({ x: () => castStorage(dy!, 'f32') }),
  },
});

/** The same values stored as asked; the tensor itself where it already is, or where its shape can not be halves. */
export function castStorage(x: Tensor, storage: HalfStorage | 'f32'): Tensor {
  if (!activeWebGpu() || storageOf(x) === storage || (storage !== 'f32' && !canBeHalf(x.shape))) return x;
  return operation({ x }, { storage })[0]!;
}
