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
  uniforms: { begin: 'u32', size: 'u32', blocks: 'u32', first: 'u32' },
});

/** Elements [first, first + size) of a tensor; without WebGPU always all of them. */
export interface TensorRange {
  readonly tensor: Tensor;
  readonly first: number;
  readonly size: number;
}

/** f32 [P]: partial sums of squares over all ranges, in their order. Their sum is the squared global norm. */
export function sumOfSquares(ranges: readonly TensorRange[]): Tensor {
  const backend = activeWebGpu();
  if (!backend) return tf.tidy(() => tf.stack(ranges.map(({ tensor }) => tf.sum(tf.square(tensor)))));
  const blocksOf = (size: number): number => Math.ceil(size / BLOCK);
  const partials = backend.makeOutput([ranges.reduce((sum, { size }) => sum + blocksOf(size), 0)], 'f32');
  let first = 0;
  for (const { tensor: x, first: begin, size } of ranges) {
    const blocks = blocksOf(size);
    kernel.run(backend, {
      inputs: { x },
      outputs: { partials },
      uniforms: { begin, size, blocks, first },
      constants: { BLOCK },
      workgroupSize: backend.rowLanes,
      grid: linearGrid(blocks),
    });
    first += blocks;
  }
  return tf.engine().makeTensorFromTensorInfo(partials);
}
