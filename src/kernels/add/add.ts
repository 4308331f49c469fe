// The residual connection: the sum of two tensors of one shape and any storage, in float32.

import type { Tensor, TensorInfo } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineKernel, linearGrid } from '#gpu/define-kernel.ts';
import { defineOperation } from '#gpu/define-operation.ts';
import { type HalfStorage, storageOf } from '#gpu/tensor-storage.ts';
import { type AtelierBackend, activeWebGpu } from '#gpu/webgpu-backend.ts';
import source from './add.wgsl?raw';

const kernel = defineKernel({ name: 'add', source, inputs: ['a', 'b'], outputs: ['y'], uniforms: { size: 'u32' } });

function run(backend: AtelierBackend, a: Tensor, b: Tensor, y: TensorInfo): void {
  kernel.run(backend, {
    inputs: { a, b },
    outputs: { y },
    uniforms: { size: a.size },
    grid: linearGrid(Math.ceil(a.size / 256)),
  });
}

const operation = defineOperation<'a' | 'b', Record<never, never>>({
  name: 'AtelierAdd',
  reference: ({ a, b }) => [tf.add(a, b)],
  webgpu: (backend, { a, b }) => {
    const y = backend.makeOutput(a.shape, 'f32');
    run(backend, a, b, y);
    return [y];
  },
  gradient: {
    inputsToSave: [],
    outputsToSave: [false],
    grad: ([dy]) => ({ a: () => tf.clone(dy!), b: () => tf.clone(dy!) }),
  },
});

/** The sum of two gradients of one tensor, in the storage of the first. Not recorded on the tape. */
export function addGradients(a: Tensor, b: Tensor): Tensor {
  const backend = activeWebGpu();
  if (!backend) return tf.add(a, b);
  const y = backend.makeOutput(a.shape, storageOf(a) === 'i32' ? 'f32' : (storageOf(a) as HalfStorage | 'f32'));
  run(backend, a, b, y);
  return tf.engine().makeTensorFromTensorInfo(y);
}

/** a + b for two distinct tensors of the same shape; the result is stored as float32. */
export function add(a: Tensor, b: Tensor): Tensor {
  return operation({ a, b }, {})[0]!;
}
