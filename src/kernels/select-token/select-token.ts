// One token of each text, whose state stands for the whole: the first in BERT-like models, the last in decoders.

import type { Tensor, TensorInfo } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineKernel, linearGrid } from '#gpu/define-kernel.ts';
import { defineOperation } from '#gpu/define-operation.ts';
import { type HalfStorage, storageOf } from '#gpu/tensor-storage.ts';
import { rowAccess } from '../shared/row-access.ts';
import body from './select-token.wgsl?raw';
import gradBody from './select-token-grad.wgsl?raw';

const UNIFORMS = { batch: 'u32', length: 'u32', columns: 'u32' } as const;

const kernels = [false, true].map((vector) => ({
  forward: defineKernel({
    name: vector ? 'select-token' : 'select-token-scalar',
    source: [rowAccess(['x'], ['y'], vector), body].join('\n'),
    inputs: ['x', 'positions'],
    outputs: ['y'],
    uniforms: UNIFORMS,
  }),
  grad: defineKernel({
    name: vector ? 'select-token-grad' : 'select-token-grad-scalar',
    source: [rowAccess(['dy'], ['dx'], vector), gradBody].join('\n'),
    inputs: ['dy', 'positions'],
    outputs: ['dx'],
    uniforms: UNIFORMS,
  }),
}));
const kernelsFor = (columns: number) => kernels[columns % 4 === 0 ? 1 : 0]!;
const storage = (tensor: TensorInfo): HalfStorage | 'f32' => storageOf(tensor) as HalfStorage | 'f32';

/** f32 [B, L, 1]: one at the chosen token. */
const chosen = (positions: Tensor, length: number): Tensor =>
  tf.expandDims(tf.oneHot(positions.toInt() as tf.Tensor1D, length), 2);

const backward = defineOperation<'dy' | 'positions', { length: number }>({
  name: 'AtelierSelectTokenGrad',
  reference: ({ dy, positions }, { length }) => [tf.mul(tf.expandDims(dy, 1), chosen(positions, length))],
  webgpu: (backend, { dy, positions }, { length }) => {
    const [batch, columns] = dy.shape as [number, number];
    const dx = backend.makeOutput([batch, length, columns], storage(dy));
    kernelsFor(columns).grad.run(backend, {
      inputs: { dy, positions },
      outputs: { dx },
      uniforms: { batch, length, columns },
      grid: linearGrid(Math.ceil((batch * length * Math.ceil(columns / 4)) / 64)),
    });
    return [dx];
  },
});

const operation = defineOperation<'x' | 'positions', { length: number }>({
  name: 'AtelierSelectToken',
  reference: ({ x, positions }, { length }) => [tf.sum(tf.mul(x, chosen(positions, length)), 1)],
  webgpu: (backend, { x, positions }) => {
    const [batch, length, columns] = x.shape as [number, number, number];
    const y = backend.makeOutput([batch, columns], storage(x));
    kernelsFor(columns).forward.run(backend, {
      inputs: { x, positions },
      outputs: { y },
      uniforms: { batch, length, columns },
      grid: [Math.ceil((batch * Math.ceil(columns / 4)) / 64), 1, 1],
    });
    return [y];
  },
  gradient: {
    inputsToSave: ['positions'],
    outputsToSave: [false],
    grad: ([dy], { positions }, _outputs, attrs) => ({
      x: () => backward({ dy: dy!, positions: positions! }, attrs)[0]!,
    }),
  },
});

/**
 * @param x [B, L, D] of any storage; the result, [B, D], has the same.
 * @param positions int32 [B] in [0, L).
 */
export function selectToken(x: Tensor, positions: Tensor): Tensor {
  return operation({ x, positions }, { length: x.shape[1]! })[0]!;
}
