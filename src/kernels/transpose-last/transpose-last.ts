// The last two axes exchanged, for the two logits a token that point at an answer.

import type { Tensor, TensorInfo } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineKernel, linearGrid } from '#gpu/define-kernel.ts';
import { defineOperation, type Operation } from '#gpu/define-operation.ts';
import type { AtelierBackend } from '#gpu/webgpu-backend.ts';
import body from './transpose-last.wgsl?raw';

const kernel = defineKernel({
  name: 'transpose-last',
  source: body,
  inputs: ['x'],
  outputs: ['y'],
  uniforms: { size: 'u32', rows: 'u32', columns: 'u32' },
});

function transpose(backend: AtelierBackend, x: TensorInfo): TensorInfo {
  const [batch, rows, columns] = x.shape as [number, number, number];
  const y = backend.makeOutput([batch, columns, rows], 'f32');
  const size = batch * rows * columns;
  kernel.run(backend, {
    inputs: { x },
    outputs: { y },
    uniforms: { size, rows, columns },
    grid: linearGrid(Math.ceil(size / 64)),
  });
  return y;
}

const operation: Operation<'x', Record<never, never>> = defineOperation<'x', Record<never, never>>({
  name: 'AtelierTransposeLast',
  reference: ({ x }) => [tf.transpose(x, [0, 2, 1])],
  webgpu: (backend, { x }) => [transpose(backend, x)],
  gradient: {
    inputsToSave: [],
    outputsToSave: [false],
    grad: ([dy]) => ({ x: () => operation({ x: dy! }, {})[0]! }),
  },
});

/** x f32 [B, R, C] → f32 [B, C, R]. */
export function transposeLast(x: Tensor): Tensor {
  return operation({ x }, {})[0]!;
}
