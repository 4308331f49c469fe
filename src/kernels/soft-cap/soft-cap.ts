// Soft limits of logits (Bello et al., 2016), as Gemma has them.

import type { Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineKernel, linearGrid } from '#gpu/define-kernel.ts';
import { defineOperation } from '#gpu/define-operation.ts';
import { storageOf } from '#gpu/tensor-storage.ts';
import backwardBody from './backward.wgsl?raw';
import forwardBody from './forward.wgsl?raw';

const UNIFORMS = { size: 'u32', cap: 'f32' } as const;

const forwardKernel = defineKernel({
  name: 'soft-cap',
  source: forwardBody,
  inputs: ['x'],
  outputs: ['y'],
  uniforms: UNIFORMS,
});
const backwardKernel = defineKernel({
  name: 'soft-cap-grad',
  source: backwardBody,
  inputs: ['y', 'dy'],
  outputs: ['dx'],
  uniforms: UNIFORMS,
});

interface Attrs {
  readonly cap: number;
}

const backward = defineOperation<'y' | 'dy', Attrs>({
  name: 'AtelierSoftCapGrad',
  reference: ({ y, dy }, { cap }) => [tf.mul(dy, tf.sub(1, tf.square(tf.div(y, cap))))],
  webgpu: (backend, { y, dy }, { cap }) => {
    const dx = backend.makeOutput(y.shape, storageOf(y));
    backwardKernel.run(backend, {
      inputs: { y, dy },
      outputs: { dx },
      uniforms: { size: y.size, cap },
      grid: linearGrid(Math.ceil(y.size / 256)),
    });
    return [dx];
  },
});

const operation = defineOperation<'x', Attrs>({
  name: 'AtelierSoftCap',
  reference: ({ x }, { cap }) => [tf.mul(cap, tf.tanh(tf.div(x, cap)))],
  webgpu: (backend, { x }, { cap }) => {
    const y = backend.makeOutput(x.shape, storageOf(x));
    forwardKernel.run(backend, {
      inputs: { x },
      outputs: { y },
      uniforms: { size: x.size, cap },
      grid: linearGrid(Math.ceil(x.size / 256)),
    });
    return [y];
  },
  gradient: {
    inputsToSave: [],
    outputsToSave: [true],
    grad: ([dy], _inputs, [y], attrs) => ({ x: () => backward({ y: y!, dy: dy! }, attrs)[0]! }),
  },
});

/** cap · tanh(x / cap) elementwise; any shape, the storage of x. */
export function softCap(x: Tensor, cap: number): Tensor {
  return operation({ x }, { cap })[0]!;
}
