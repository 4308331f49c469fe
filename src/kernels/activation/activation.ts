// Elementwise activations under the names HF configs use in `hidden_act`.

import type { Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineKernel, linearGrid } from '#gpu/define-kernel.ts';
import { defineOperation } from '#gpu/define-operation.ts';
import { storageOf } from '#gpu/tensor-storage.ts';
import { type Activation, activationSource } from './activation-source.ts';
import backwardBody from './backward.wgsl?raw';
import forwardBody from './forward.wgsl?raw';

export type { Activation } from './activation-source.ts';

const forwardKernels = eachKind((kind) =>
  defineKernel({
    name: `activation-${kind}`,
    source: `${activationSource(kind)}\n${forwardBody}`,
    inputs: ['x'],
    outputs: ['y'],
    uniforms: { size: 'u32' },
  }),
);
const backwardKernels = eachKind((kind) =>
  defineKernel({
    name: `activation-grad-${kind}`,
    source: `${activationSource(kind)}\n${backwardBody}`,
    inputs: ['x', 'dy'],
    outputs: ['dx'],
    uniforms: { size: 'u32' },
  }),
);

function eachKind<T>(make: (kind: Activation) => T): Record<Activation, T> {
  return {
    gelu: make('gelu'),
    gelu_tanh: make('gelu_tanh'),
    relu: make('relu'),
    silu: make('silu'),
    tanh: make('tanh'),
  };
}

const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);
const tanhArgument = (x: Tensor): Tensor => tf.mul(SQRT_2_OVER_PI, tf.add(x, tf.mul(0.044715, tf.pow(x, 3))));
const normalCdf = (x: Tensor): Tensor => tf.mul(0.5, tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2))));

const FUNCTIONS: Record<Activation, (x: Tensor) => Tensor> = {
  gelu: (x) => tf.mul(x, normalCdf(x)),
  gelu_tanh: (x) => tf.mul(tf.mul(0.5, x), tf.add(1, tf.tanh(tanhArgument(x)))),
  relu: (x) => tf.relu(x),
  silu: (x) => tf.mul(x, tf.sigmoid(x)),
  tanh: (x) => tf.tanh(x),
};

const DERIVATIVES: Record<Activation, (x: Tensor) => Tensor> = {
  gelu: (x) => {
    const density = tf.mul(1 / Math.sqrt(2 * Math.PI), tf.exp(tf.mul(-0.5, tf.square(x))));
    return tf.add(normalCdf(x), tf.mul(x, density));
  },
  gelu_tanh: (x) => {
    const t = tf.tanh(tanhArgument(x));
    const inner = tf.mul(SQRT_2_OVER_PI, tf.add(1, tf.mul(3 * 0.044715, tf.square(x))));
    return tf.add(tf.mul(0.5, tf.add(1, t)), tf.mul(tf.mul(tf.mul(0.5, x), tf.sub(1, tf.square(t))), inner));
  },
  relu: (x) => tf.cast(tf.greater(x, 0), 'float32'),
  silu: (x) => {
    const s = tf.sigmoid(x);
    return tf.mul(s, tf.add(1, tf.mul(x, tf.sub(1, s))));
  },
  tanh: (x) => tf.sub(1, tf.square(tf.tanh(x))),
};

/** The definitions in plain operations. */
export const activationReference = (x: Tensor, kind: Activation): Tensor => FUNCTIONS[kind](x);
export const derivativeReference = (x: Tensor, kind: Activation): Tensor => DERIVATIVES[kind](x);

const backward = defineOperation<'x' | 'dy', { kind: Activation }>({
  name: 'AtelierActivationGrad',
  reference: ({ x, dy }, { kind }) => [tf.mul(dy, derivativeReference(x, kind))],
  webgpu: (backend, { x, dy }, { kind }) => {
    const dx = backend.makeOutput(x.shape, storageOf(x));
    backwardKernels[kind].run(backend, {
      inputs: { x, dy },
      outputs: { dx },
      uniforms: { size: x.size },
      grid: linearGrid(Math.ceil(x.size / 256)),
    });
    return [dx];
  },
});

const operation = defineOperation<'x', { kind: Activation }>({
  name: 'AtelierActivation',
  reference: ({ x }, { kind }) => [activationReference(x, kind)],
  webgpu: (backend, { x }, { kind }) => {
    const y = backend.makeOutput(x.shape, storageOf(x));
    forwardKernels[kind].run(backend, {
      inputs: { x },
      outputs: { y },
      uniforms: { size: x.size },
      grid: linearGrid(Math.ceil(x.size / 256)),
    });
    return [y];
  },
  gradient: {
    inputsToSave: ['x'],
    outputsToSave: [false],
    grad: ([dy], { x }, _outputs, attrs) => ({ x: () => backward({ x: x!, dy: dy! }, attrs)[0]! }),
  },
});

/** f(x) elementwise; any shape, the storage of x. */
export function activation(x: Tensor, kind: Activation): Tensor {
  return operation({ x }, { kind })[0]!;
}
