// The middle of a gated feed-forward layer (Shazeer, "GLU variants improve transformer", 2020): f(gate) · up.

import type { Tensor, TensorInfo } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineKernel, type Kernel, linearGrid } from '#gpu/define-kernel.ts';
import { defineOperation } from '#gpu/define-operation.ts';
import { canBeHalf, storageOf } from '#gpu/tensor-storage.ts';
import { type Activation, activationReference, derivativeReference } from '../activation/activation.ts';
import { activationSource } from '../activation/activation-source.ts';
import { rowAccess } from '../shared/row-access.ts';
import forwardBody from './gated-activation.wgsl?raw';
import gradBody from './gated-activation-grad.wgsl?raw';

const UNIFORMS = { rows: 'u32', columns: 'u32' } as const;

const defineForward = (kind: Activation, vector: boolean): Kernel =>
  defineKernel({
    name: `gated-${kind}${vector ? '' : '-scalar'}`,
    source: [activationSource(kind), rowAccess(['x'], ['y'], vector), forwardBody].join('\n'),
    inputs: ['x'],
    outputs: ['y'],
    uniforms: UNIFORMS,
  });

const defineGrad = (kind: Activation, vector: boolean): Kernel =>
  defineKernel({
    name: `gated-${kind}-grad${vector ? '' : '-scalar'}`,
    source: [activationSource(kind), rowAccess(['x', 'dy'], ['dx'], vector), gradBody].join('\n'),
    inputs: ['x', 'dy'],
    outputs: ['dx'],
    uniforms: UNIFORMS,
  });

const kernels = new Map<string, { readonly forward: Kernel; readonly grad: Kernel }>();

function kernelsFor(kind: Activation, columns: number): { readonly forward: Kernel; readonly grad: Kernel } {
  const vector = columns % 4 === 0;
  const name = `${kind} ${vector}`;
  const made = kernels.get(name) ?? { forward: defineForward(kind, vector), grad: defineGrad(kind, vector) };
  kernels.set(name, made);
  return made;
}

/** Rows, and columns of the result. */
const sizes = (x: TensorInfo): { rows: number; columns: number } => {
  const width = x.shape[x.shape.length - 1]!;
  return { rows: x.shape.reduce((product, n) => product * n, 1) / width, columns: width / 2 };
};
const gridFor = (rows: number, columns: number) => linearGrid(Math.ceil((rows * Math.ceil(columns / 4)) / 64));
const halves = (x: Tensor): [Tensor, Tensor] => tf.split(x, 2, -1) as [Tensor, Tensor];

/** Halves in memory are written four at a time: a row of them must not begin within four. */
const fits = (x: TensorInfo): boolean => sizes(x).columns % 4 === 0 || storageOf(x) === 'f32';

function referenceBackward(x: Tensor, dy: Tensor, kind: Activation): Tensor[] {
  const [gate, up] = halves(x);
  const dGate = tf.mul(tf.mul(dy, up), derivativeReference(gate, kind));
  return [tf.concat([dGate, tf.mul(dy, activationReference(gate, kind))], -1)];
}

function referenceForward(x: Tensor, kind: Activation): Tensor[] {
  const [gate, up] = halves(x);
  return [tf.mul(activationReference(gate, kind), up)];
}

const backward = defineOperation<'x' | 'dy', { kind: Activation }>({
  name: 'AtelierGatedActivationGrad',
  reference: ({ x, dy }, { kind }) => referenceBackward(x, dy, kind),
  webgpu: (backend, { x, dy }, { kind }) => {
    if (!fits(x)) return tf.tidy(() => referenceBackward(x, dy, kind));
    const { rows, columns } = sizes(x);
    const dx = backend.makeOutput(x.shape, storageOf(x));
    kernelsFor(kind, columns).grad.run(backend, {
      inputs: { x, dy },
      outputs: { dx },
      uniforms: { rows, columns },
      grid: gridFor(rows, columns),
    });
    return [dx];
  },
});

const operation = defineOperation<'x', { kind: Activation }>({
  name: 'AtelierGatedActivation',
  reference: ({ x }, { kind }) => referenceForward(x, kind),
  webgpu: (backend, { x }, { kind }) => {
    if (!fits(x)) return tf.tidy(() => referenceForward(x, kind));
    const { rows, columns } = sizes(x);
    const shape = [...x.shape.slice(0, -1), columns];
    const y = backend.makeOutput(shape, canBeHalf(shape) ? storageOf(x) : 'f32');
    kernelsFor(kind, columns).forward.run(backend, {
      inputs: { x },
      outputs: { y },
      uniforms: { rows, columns },
      grid: gridFor(rows, columns),
    });
    return [y];
  },
  gradient: {
    inputsToSave: ['x'],
    outputsToSave: [false],
    grad: ([dy], { x }, _outputs, attrs) => ({ x: () => backward({ x: x!, dy: dy! }, attrs)[0]! }),
  },
});

/**
 * f(gate) · up, elementwise.
 * @param x [..., 2F] of any storage: F gates, then F others. The result has its storage.
 * @returns [..., F]
 */
export function gatedActivation(x: Tensor, kind: Activation): Tensor {
  return operation({ x }, { kind })[0]!;
}
