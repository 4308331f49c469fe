// A weighted sum of the states of each text's tokens: with weights of one over the number of tokens, their mean.

import type { Tensor, TensorInfo } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineKernel, linearGrid } from '#gpu/define-kernel.ts';
import { defineOperation } from '#gpu/define-operation.ts';
import { type HalfStorage, storageOf } from '#gpu/tensor-storage.ts';
import { rowAccess } from '../shared/row-access.ts';
import body from './pool-tokens.wgsl?raw';
import gradBody from './pool-tokens-grad.wgsl?raw';

const UNIFORMS = { batch: 'u32', length: 'u32', columns: 'u32' } as const;

const kernels = [false, true].map((vector) => ({
  forward: defineKernel({
    name: vector ? 'pool-tokens' : 'pool-tokens-scalar',
    source: [rowAccess(['x'], ['y'], vector), body].join('\n'),
    inputs: ['x', 'weights'],
    outputs: ['y'],
    uniforms: UNIFORMS,
  }),
  grad: defineKernel({
    name: vector ? 'pool-tokens-grad' : 'pool-tokens-grad-scalar',
    source: [rowAccess(['dy'], ['dx'], vector), gradBody].join('\n'),
    inputs: ['dy', 'weights'],
    outputs: ['dx'],
    uniforms: UNIFORMS,
  }),
}));
const kernelsFor = (columns: number) => kernels[columns % 4 === 0 ? 1 : 0]!;
const storage = (tensor: TensorInfo): HalfStorage | 'f32' => storageOf(tensor) as HalfStorage | 'f32';

const backward = defineOperation<'dy' | 'weights', Record<never, never>>({
  name: 'AtelierPoolTokensGrad',
  reference: ({ dy, weights }) => [tf.mul(tf.expandDims(weights, 2), tf.expandDims(dy, 1))],
  webgpu: (backend, { dy, weights }) => {
    const [batch, length] = weights.shape as [number, number];
    const columns = dy.shape[1]!;
    const dx = backend.makeOutput([batch, length, columns], storage(dy));
    kernelsFor(columns).grad.run(backend, {
      inputs: { dy, weights },
      outputs: { dx },
      uniforms: { batch, length, columns },
      grid: linearGrid(Math.ceil((batch * length * Math.ceil(columns / 4)) / 64)),
    });
    return [dx];
  },
});

const operation = defineOperation<'x' | 'weights', Record<never, never>>({
  name: 'AtelierPoolTokens',
  reference: ({ x, weights }) => [tf.sum(tf.mul(x, tf.expandDims(weights, 2)), 1)],
  webgpu: (backend, { x, weights }) => {
    const [batch, length, columns] = x.shape as [number, number, number];
    const y = backend.makeOutput([batch, columns], storage(x));
    kernelsFor(columns).forward.run(backend, {
      inputs: { x, weights },
      outputs: { y },
      uniforms: { batch, length, columns },
      grid: [Math.ceil((batch * Math.ceil(columns / 4)) / 64), 1, 1],
    });
    return [y];
  },
  gradient: {
    inputsToSave: ['weights'],
    outputsToSave: [false],
    grad: ([dy], { weights }) => ({ x: () => backward({ dy: dy!, weights: weights! }, {})[0]! }),
  },
});

/**
 * @param x [B, L, D] of any storage; the result, [B, D], has the same.
 * @param weights f32 [B, L]; no gradient.
 */
export function poolTokens(x: Tensor, weights: Tensor): Tensor {
  return operation({ x, weights }, {})[0]!;
}
