// Adds a scaled tensor to some columns of a wider one: what a low-rank adapter does to the map it sits on.

import type { Tensor, TensorInfo } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineKernel, linearGrid } from '#gpu/define-kernel.ts';
import { defineOperation } from '#gpu/define-operation.ts';
import { canBeHalf, type HalfStorage, storageOf } from '#gpu/tensor-storage.ts';
import { rowAccess } from '../shared/row-access.ts';
import body from './add-columns.wgsl?raw';
import gradBody from './add-columns-grad.wgsl?raw';

interface Attrs {
  /** The first column that is added to. */
  readonly first: number;
  readonly scale: number;
}

interface GradAttrs extends Attrs {
  readonly width: number;
}

const UNIFORMS = { rows: 'u32', columns: 'u32', first: 'u32', width: 'u32', scale: 'f32' } as const;

const kernels = [false, true].map((vector) => ({
  forward: defineKernel({
    name: vector ? 'add-columns' : 'add-columns-scalar',
    source: [rowAccess(['base'], ['y'], vector), body].join('\n'),
    inputs: ['base', 'delta'],
    outputs: ['y'],
    uniforms: UNIFORMS,
  }),
  grad: defineKernel({
    name: vector ? 'add-columns-grad' : 'add-columns-grad-scalar',
    source: [rowAccess([], ['ddelta'], vector), gradBody].join('\n'),
    inputs: ['dy'],
    outputs: ['ddelta'],
    // Rows are those of the narrow tensor here.
    uniforms: { rows: 'u32', columns: 'u32', first: 'u32', wide: 'u32', scale: 'f32' },
  }),
}));
const kernelsFor = (columns: number) => kernels[columns % 4 === 0 ? 1 : 0]!;

const lastOf = ({ shape }: TensorInfo): number => shape[shape.length - 1]!;
const rowsOf = (x: TensorInfo): number => x.shape.reduce((product, n) => product * n, 1) / lastOf(x);
const withLast = (x: TensorInfo, columns: number): number[] => [...x.shape.slice(0, -1), columns];

const backward = defineOperation<'dy', GradAttrs>({
  name: 'AtelierAddColumnsGrad',
  reference: ({ dy }, { first, scale, width }) => {
    const flat = tf.reshape(dy, [rowsOf(dy), lastOf(dy)]);
    const part = tf.slice(flat, [0, first], [rowsOf(dy), width]);
    return [tf.reshape(tf.mul(part, scale), withLast(dy, width))];
  },
  webgpu: (backend, { dy }, { first, scale, width }) => {
    const shape = withLast(dy, width);
    const storage = canBeHalf(shape) ? (storageOf(dy) as HalfStorage | 'f32') : 'f32';
    const ddelta = backend.makeOutput(shape, storage);
    const rows = rowsOf(dy);
    kernelsFor(width).grad.run(backend, {
      inputs: { dy },
      outputs: { ddelta },
      uniforms: { rows, columns: width, first, wide: lastOf(dy), scale },
      grid: linearGrid(Math.ceil((rows * Math.ceil(width / 4)) / 64)),
    });
    return [ddelta];
  },
});

const operation = defineOperation<'base' | 'delta', Attrs>({
  name: 'AtelierAddColumns',
  reference: ({ base, delta }, { first, scale }) => {
    const after = lastOf(base) - first - lastOf(delta);
    const flat = tf.reshape(delta, [rowsOf(delta), lastOf(delta)]);
    const wide = tf.pad(tf.mul(flat, scale), [
      [0, 0],
      [first, after],
    ]);
    return [tf.add(base, tf.reshape(wide, base.shape))];
  },
  webgpu: (backend, { base, delta }, { first, scale }) => {
    const y = backend.makeOutput(base.shape, storageOf(base) as HalfStorage | 'f32');
    const [rows, columns] = [rowsOf(base), lastOf(base)];
    kernelsFor(columns).forward.run(backend, {
      inputs: { base, delta },
      outputs: { y },
      uniforms: { rows, columns, first, width: lastOf(delta), scale },
      grid: linearGrid(Math.ceil((rows * Math.ceil(columns / 4)) / 64)),
    });
    return [y];
  },
  gradient: {
    inputsToSave: ['delta'],
    outputsToSave: [false],
    grad: ([dy], { delta }, _outputs, attrs) => ({
      base: () => dy!,
      delta: () => backward({ dy: dy! }, { ...attrs, width: lastOf(delta!) })[0]!,
    }),
  },
});

/**
 * @param base [..., N] of any storage; the result has its storage.
 * @param delta [..., M] of any storage, of the same rows.
 * @param first column of `base` that the first of `delta` is added to; first + M <= N.
 * @param scale factor on `delta`.
 */
export function addColumns(base: Tensor, delta: Tensor, first: number, scale: number): Tensor {
  return operation({ base, delta }, { first, scale })[0]!;
}
