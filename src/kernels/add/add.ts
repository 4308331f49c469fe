// The residual connection: the sum of two tensors of one shape and any storage, in float32.

import type { Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineKernel, linearGrid } from '#gpu/define-kernel.ts';
import { defineOperation } from '#gpu/define-operation.ts';
import source from './add.wgsl?raw';

const kernel = defineKernel({ name: 'add', source, inputs: ['a', 'b'], outputs: ['y'], uniforms: { size: 'u32' } });

const operation = defineOperation<'a' | 'b', Record<never, never>>({
  name: 'AtelierAdd',
  reference: ({ a, b }) => [tf.add(a, b)],
  webgpu: (backend, { a, b }) => {
    const y = backend.makeOutput(a.shape, 'f32');
    kernel.run(backend, {
      inputs: { a, b },
      outputs: { y },
      uniforms: { size: a.size },
      grid: linearGrid(Math.ceil(a.size / 256)),
    });
    return [y];
  },
  gradient: {
    inputsToSave: [],
    outputsToSave: [false],
    grad: ([dy]) => ({ a: () => tf.clone(dy!), b: () => tf.clone(dy!) }),
  },
});

/** a + b for two distinct tensors of the same shape; the result is stored as float32. */
export function add(a: Tensor, b: Tensor): Tensor {
  return operation({ a, b }, {})[0]!;
}
