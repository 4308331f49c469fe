// Root-mean-square normalisation over the last axis (Zhang and Sennrich, 2019), as the norms of Llama and of Gemma, with a
// residual connection on its result.

import type { Tensor, TensorInfo } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { deliver, type GradientTarget, gradientTarget, takeGradient } from '#gpu/backward.ts';
import { defineKernel, linearGrid } from '#gpu/define-kernel.ts';
import { defineOperation } from '#gpu/define-operation.ts';
import { canBeHalf, type HalfStorage, storageOf } from '#gpu/tensor-storage.ts';
import { type AtelierBackend, activeWebGpu } from '#gpu/webgpu-backend.ts';
import { rowAccess } from '../shared/row-access.ts';
import rowSum from '../shared/row-sum.wgsl?raw';
import { sumParts } from '../shared/sum-parts.ts';
import forwardBody from './rms-norm.wgsl?raw';
import gradBody from './rms-norm-grad.wgsl?raw';

type Storage = HalfStorage | 'f32';

/** Reads of a tensor that is not there. */
const absent = (name: string): string => `fn ${name}_row(base: u32, i: u32) -> vec4<f32> { return vec4<f32>(0.0); }`;

const defineForward = (vector: boolean, residual: boolean) =>
  defineKernel({
    name: `rms-norm${residual ? '-residual' : ''}${vector ? '' : '-scalar'}`,
    source: [
      rowSum,
      rowAccess(['x', 'weight', ...(residual ? ['residual'] : [])], ['y'], vector),
      residual ? '' : absent('residual'),
      forwardBody,
    ].join('\n'),
    inputs: ['x', 'weight', ...(residual ? ['residual'] : [])],
    outputs: ['y', 'statistics'],
    uniforms: { rows: 'u32', columns: 'u32', eps: 'f32', offset: 'f32' },
  });

const defineGrad = (vector: boolean, addend: boolean) =>
  defineKernel({
    name: `rms-norm-grad${addend ? '-add' : ''}${vector ? '' : '-scalar'}`,
    source: [
      rowSum,
      rowAccess(['x', 'dy', 'weight', ...(addend ? ['addend'] : [])], ['dx', 'partials'], vector),
      addend ? '' : absent('addend'),
      gradBody,
    ].join('\n'),
    inputs: ['x', 'weight', 'statistics', 'dy', ...(addend ? ['addend'] : [])],
    outputs: ['dx', 'partials'],
    uniforms: { rows: 'u32', columns: 'u32', part_rows: 'u32', offset: 'f32' },
  });

const kernels = [false, true].map((vector) => ({
  forward: defineForward(vector, false),
  forwardResidual: defineForward(vector, true),
  grad: defineGrad(vector, false),
  gradAdd: defineGrad(vector, true),
}));

/** Workgroups that share the rows in the backward pass: enough to fill a device, few enough to join quickly. */
const PARTS = 128;

const sizes = (x: TensorInfo): { rows: number; columns: number } => {
  const columns = x.shape[x.shape.length - 1]!;
  return { rows: x.shape.reduce((product, n) => product * n, 1) / columns, columns };
};
const kernelsFor = (columns: number) => kernels[columns % 4 === 0 ? 1 : 0]!;

interface GradAttrs {
  readonly offset: number;
  /** Where the gradient of the weight goes; null: into a new tensor. */
  readonly into: GradientTarget | null;
}

/** → dx and, where it does not go elsewhere, dweight. */
const backward = defineOperation<'x' | 'weight' | 'statistics' | 'dy' | 'addend', GradAttrs>({
  name: 'AtelierRmsNormGrad',
  reference: ({ x, weight, statistics, dy }, { offset }) => {
    const { rows, columns } = sizes(x);
    const rstd = tf.reshape(statistics, [...x.shape.slice(0, -1), 1]);
    const xhat = tf.mul(x, rstd);
    const g = tf.mul(dy, tf.add(weight, offset));
    const dx = tf.mul(tf.sub(g, tf.mul(xhat, tf.mean(tf.mul(g, xhat), -1, true))), rstd);
    return [dx, tf.sum(tf.reshape(tf.mul(dy, xhat), [rows, columns]), 0)];
  },
  webgpu: (backend, { x, weight, statistics, dy, addend }, { offset, into }) => {
    const { rows, columns } = sizes(x);
    const partRows = Math.ceil(rows / PARTS);
    const parts = Math.ceil(rows / partRows);
    const dx = backend.makeOutput(x.shape, storageOf(x) as Storage);
    const partials = backend.makeOutput([parts, columns], 'f32');
    const { grad, gradAdd } = kernelsFor(columns);
    (addend ? gradAdd : grad).run(backend, {
      inputs: { x, weight, statistics, dy, ...(addend ? { addend } : {}) },
      outputs: { dx, partials },
      uniforms: { rows, columns, part_rows: partRows, offset },
      constants: { COLUMN_GROUPS: Math.ceil(columns / 4) },
      workgroupSize: backend.rowLanes,
      grid: [parts, 1, 1],
    });
    const dweight = into?.tensor ?? backend.makeOutput([columns], 'f32');
    sumParts(backend, partials, 0, dweight, into?.accumulate ?? false);
    backend.disposeData(partials.dataId);
    return into ? [dx] : [dx, dweight];
  },
});

interface Attrs {
  readonly eps: number;
  readonly offset: number;
  readonly storage: Storage;
}

const operation = defineOperation<'x' | 'weight' | 'residual', Attrs>({
  name: 'AtelierRmsNorm',
  reference: ({ x, weight, residual }, { eps, offset }) => {
    const rstd = tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), eps));
    const y = tf.mul(tf.mul(x, rstd), tf.add(weight, offset));
    return [residual ? tf.add(y, residual) : y, tf.reshape(rstd, [rstd.size])];
  },
  webgpu: (backend, inputs, attrs) => forward(backend, inputs, attrs),
  gradient: {
    inputsToSave: ['x', 'weight'],
    outputsToSave: [false, true],
    grad: ([dy], { x, weight }, [statistics], { offset }) => {
      const into = gradientTarget(weight!);
      const addend = activeWebGpu() ? takeGradient('x') : null;
      const saved = { x: x!, weight: weight!, statistics: statistics!, dy: dy! };
      const [dx, dweight] = backward(addend ? { ...saved, addend } : saved, { offset, into });
      return {
        x: () => dx!,
        weight: () => (dweight ? deliver(dweight, into) : undefined),
        residual: () => dy!,
      };
    },
  },
});

function forward(
  backend: AtelierBackend,
  { x, weight, residual }: Readonly<Record<'x' | 'weight' | 'residual', Tensor | undefined>>,
  { eps, offset, storage }: Attrs,
): TensorInfo[] {
  const { rows, columns } = sizes(x!);
  const y = backend.makeOutput(x!.shape, canBeHalf(x!.shape) && !residual ? storage : 'f32');
  const statistics = backend.makeOutput([rows], 'f32');
  const { forward: plain, forwardResidual } = kernelsFor(columns);
  (residual ? forwardResidual : plain).run(backend, {
    inputs: { x: x!, weight: weight!, ...(residual ? { residual } : {}) },
    outputs: { y, statistics },
    uniforms: { rows, columns, eps, offset },
    workgroupSize: backend.rowLanes,
    grid: linearGrid(rows),
  });
  return [y, statistics];
}

export interface RmsNormOptions {
  /** Added to the mean of the squares. */
  readonly eps: number;
  /** Added to the weight: 1 in Gemma, whose weights are kept as distances from one. Default 0. */
  readonly offset?: number;
  /** Of the result, where its shape allows halves. Default f32. */
  readonly storage?: Storage;
  /** [..., D] of any storage, added to the result, which then is f32. */
  readonly residual?: Tensor | undefined;
}

/**
 * x / √(mean(x²) + eps) · (offset + weight), in f32 whatever the storages.
 * @param x [..., D] of any storage.
 * @param weight f32 [D].
 * @returns [..., D]
 */
export function rmsNorm(x: Tensor, weight: Tensor, options: RmsNormOptions): Tensor {
  const { eps, offset = 0, storage = 'f32', residual } = options;
  return operation({ x, weight, ...(residual ? { residual } : {}) }, { eps, offset, storage })[0]!;
}
