// Sums of squares of many tensors, for the global gradient norm.

import type { Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineKernel, linearGrid } from '#gpu/define-kernel.ts';
import { activeWebGpu } from '#gpu/webgpu-backend.ts';
import rowSum from '../shared/row-sum.wgsl?raw';
import body from './sum-of-squares.wgsl?raw';

/** Elements that one workgroup adds up. */
const BLOCK = 8192;

const kernel = defineKernel({
  name: 'sum-of-squares',
  source: `${rowSum}\n${body}`,
  inputs: ['x'],
  outputs: ['partials'],
  uniforms: { size: 'u32', blocks: 'u32', first: 'u32' },
});

/** f32 [P]: partial sums of squares over all tensors, in their order. Their sum is the squared global norm. */
export function sumOfSquares(tensors: readonly Tensor[]): Tensor {
  const backend = activeWebGpu();
  if (!backend) return tf.tidy(() => tf.stack(tensors.map((tensor) => tf.sum(tf.square(tensor)))));
  const blocksOf = (tensor: Tensor): number => Math.ceil(tensor.size / BLOCK);
  const partials = backend.makeOutput([tensors.reduce((sum, tensor) => sum + blocksOf(tensor), 0)], 'f32');
  let first = 0;
  for (const x of tensors) {
    const blocks = blocksOf(x);
    kernel.run(backend, {
      inputs: { x },
      outputs: { partials },
      uniforms: { size: x.size, blocks, first },
      constants: { BLOCK },
      workgroupSize: backend.rowLanes,
      grid: linearGrid(blocks),
    });
    first += blocks;
  }
  return tf.engine().makeTensorFromTensorInfo(partials);
}
