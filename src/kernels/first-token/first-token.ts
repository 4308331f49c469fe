// The first token of each text, whose state stands for the whole in BERT-like models.

import type { Tensor, TensorInfo } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineKernel, linearGrid } from '#gpu/define-kernel.ts';
import { defineOperation } from '#gpu/define-operation.ts';
import { type HalfStorage, storageOf } from '#gpu/tensor-storage.ts';
import { rowAccess } from '../shared/row-access.ts';
import body from './first-token.wgsl?raw';
import gradBody from './first-token-grad.wgsl?raw';

const UNIFORMS = { batch: 'u32', length: 'u32', columns: 'u32' } as const;

const kernels = [false, true].map((vector) => ({
  forward: defineKernel({
    name: vector ? 'first-token' : 'first-token-scalar',
    source: [rowAccess(['x'], ['y'], vector), body].join('\n'),
    inputs: ['x'],
    outputs: ['y'],
    uniforms: UNIFORMS,
  }),
  grad: defineKernel({
    name: vector ? 'first-token-grad' : 'first-token-grad-scalar',
    source: [rowAccess(['dy'], ['dx'], vector), gradBody].join('\n'),
    inputs: ['dy'],
    outputs: ['dx'],
    uniforms: UNIFORMS,
  }),
}));
const kernelsFor = (columns: number) => kernels[columns % 4 === 0 ? 1 : 0]!;
const storage = (tensor: TensorInfo): HalfStorage | 'f32' => storageOf(tensor) as HalfStorage | 'f32';

const backward = defineOperation<'dy', { length: number }>({
  name: 'AtelierFirstTokenGrad',
  reference: ({ dy }, { length }) => [
    tf.pad(tf.expandDims(dy, 1), [
      [0, 0],
      [0, length - 1],
      [0, 0],
    ]),
  ],
  webgpu: (backend, { dy }, { length }) => {
    const [batch, columns] = dy.shape as [number, number];
    const dx = backend.makeOutput([batch, length, columns], storage(dy));
    kernelsFor(columns).grad.run(backend, {
      inputs: { dy },
      outputs: { dx },
      uniforms: { batch, length, columns },
      grid: linearGrid(Math.ceil((batch * length * Math.ceil(columns / 4)) / 64)),
    });
    return [dx];
  },
});

const operation = defineOperation<'x', { length: number }>({
  name: 'AtelierFirstToken',
  reference: ({ x }) => {
    const [batch, , columns] = x.shape as [number, number, number];
    return [tf.reshape(tf.slice(x, [0, 0, 0], [batch, 1, columns]), [batch, columns])];
  },
  webgpu: (backend, { x }) => {
    const [batch, length, columns] = x.shape as [number, number, number];
    const y = backend.makeOutput([batch, columns], storage(x));
    kernelsFor(columns).forward.run(backend, {
      inputs: { x },
      outputs: { y },
      uniforms: { batch, length, columns },
      grid: [Math.ceil((batch * Math.ceil(columns / 4)) / 64), 1, 1],
    });
    return [y];
  },
  gradient: {
    inputsToSave: [],
    outputsToSave: [false],
    grad: ([dy], _saved, _outputs, attrs) => ({ x: () => backward({ dy: dy! }, attrs)[0]! }),
  },
});

/** x [B, L, D] of any storage → [B, D] of the same. */
export function firstToken(x: Tensor): Tensor {
  return operation({ x }, { length: x.shape[1]! })[0]!;
}
