// Layer normalisation over the last axis (Ba et al., 2016), as torch.nn.LayerNorm.

import type { Tensor, TensorInfo } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineKernel, linearGrid } from '#gpu/define-kernel.ts';
import { defineOperation } from '#gpu/define-operation.ts';
import type { AtelierBackend } from '#gpu/webgpu-backend.ts';
import { columnSum, PART_ROWS } from '../column-sum/column-sum.ts';
import rowSum from '../shared/row-sum.wgsl?raw';
import forwardBody from './layer-norm.wgsl?raw';
import gradInputBody from './layer-norm-grad-input.wgsl?raw';
import gradParametersBody from './layer-norm-grad-parameters.wgsl?raw';

const forwardKernel = defineKernel({
  name: 'layer-norm',
  source: `${rowSum}\n${forwardBody}`,
  inputs: ['x', 'gamma', 'beta'],
  outputs: ['y', 'mean', 'rstd'],
  uniforms: { rows: 'u32', columns: 'u32', eps: 'f32' },
});

const gradInputKernel = defineKernel({
  name: 'layer-norm-grad-input',
  source: `${rowSum}\n${gradInputBody}`,
  inputs: ['x', 'gamma', 'mean', 'rstd', 'dy'],
  outputs: ['dx'],
  uniforms: { rows: 'u32', columns: 'u32' },
});

const gradParametersKernel = defineKernel({
  name: 'layer-norm-grad-parameters',
  source: gradParametersBody,
  inputs: ['x', 'mean', 'rstd', 'dy'],
  outputs: ['dgamma', 'dbeta'],
  uniforms: { rows: 'u32', columns: 'u32', part_rows: 'u32' },
});

const sizes = (x: TensorInfo): { rows: number; columns: number } => {
  const columns = x.shape[x.shape.length - 1]!;
  return { rows: x.shape.reduce((product, n) => product * n, 1) / columns, columns };
};

/** xhat in plain operations, from the saved statistics. */
const normalized = (x: Tensor, mean: Tensor, rstd: Tensor): Tensor => {
  const shape = [...x.shape.slice(0, -1), 1];
  return tf.mul(tf.sub(x, tf.reshape(mean, shape)), tf.reshape(rstd, shape));
};

const gradInput = defineOperation<'x' | 'gamma' | 'mean' | 'rstd' | 'dy', Record<never, never>>({
  name: 'AtelierLayerNormGradInput',
  reference: ({ x, gamma, mean, rstd, dy }) => {
    const xhat = normalized(x, mean, rstd);
    const g = tf.mul(dy, gamma);
    const centred = tf.sub(tf.sub(g, tf.mean(g, -1, true)), tf.mul(xhat, tf.mean(tf.mul(g, xhat), -1, true)));
    return [tf.mul(centred, tf.reshape(rstd, [...x.shape.slice(0, -1), 1]))];
  },
  webgpu: (backend, { x, gamma, mean, rstd, dy }) => {
    const { rows, columns } = sizes(x);
    const dx = backend.makeOutput(x.shape, 'f32');
    gradInputKernel.run(backend, {
      inputs: { x, gamma, mean, rstd, dy },
      outputs: { dx },
      uniforms: { rows, columns },
      workgroupSize: backend.rowLanes,
      grid: linearGrid(rows),
    });
    return [dx];
  },
});

const gradParameters = defineOperation<'x' | 'mean' | 'rstd' | 'dy', Record<never, never>>({
  name: 'AtelierLayerNormGradParameters',
  reference: ({ x, mean, rstd, dy }) => {
    const { rows, columns } = sizes(x);
    const flat = (t: Tensor) => tf.reshape(t, [rows, columns]);
    return [tf.sum(flat(tf.mul(dy, normalized(x, mean, rstd))), 0), tf.sum(flat(dy), 0)];
  },
  webgpu: (backend, { x, mean, rstd, dy }) => {
    const { rows, columns } = sizes(x);
    const parts = Math.ceil(rows / PART_ROWS);
    const dgamma = backend.makeOutput([parts, columns], 'f32');
    const dbeta = backend.makeOutput([parts, columns], 'f32');
    gradParametersKernel.run(backend, {
      inputs: { x, mean, rstd, dy },
      outputs: { dgamma, dbeta },
      uniforms: { rows, columns, part_rows: PART_ROWS },
      grid: [Math.ceil(columns / 64), parts, 1],
    });
    return [joinParts(backend, dgamma, parts, columns), joinParts(backend, dbeta, parts, columns)];
  },
});

function joinParts(backend: AtelierBackend, partial: TensorInfo, parts: number, columns: number): TensorInfo {
  const total = columnSum(backend, partial, parts, columns);
  backend.disposeData(partial.dataId);
  return total;
}

const operation = defineOperation<'x' | 'gamma' | 'beta', { eps: number }>({
  name: 'AtelierLayerNorm',
  reference: ({ x, gamma, beta }, { eps }) => {
    const { rows } = sizes(x);
    const mean = tf.mean(x, -1, true);
    const rstd = tf.rsqrt(tf.add(tf.mean(tf.square(tf.sub(x, mean)), -1, true), eps));
    const y = tf.add(tf.mul(tf.mul(tf.sub(x, mean), rstd), gamma), beta);
    return [y, tf.reshape(mean, [rows]), tf.reshape(rstd, [rows])];
  },
  webgpu: (backend, { x, gamma, beta }, { eps }) => {
    const { rows, columns } = sizes(x);
    const y = backend.makeOutput(x.shape, 'f32');
    const mean = backend.makeOutput([rows], 'f32');
    const rstd = backend.makeOutput([rows], 'f32');
    forwardKernel.run(backend, {
      inputs: { x, gamma, beta },
      outputs: { y, mean, rstd },
      uniforms: { rows, columns, eps },
      workgroupSize: backend.rowLanes,
      grid: linearGrid(rows),
    });
    return [y, mean, rstd];
  },
  gradient: {
    inputsToSave: ['x', 'gamma'],
    outputsToSave: [false, true, true],
    grad: ([dy], { x, gamma }, [mean, rstd]) => {
      const saved = { x: x!, mean: mean!, rstd: rstd!, dy: dy! };
      const parameters = gradParameters(saved, {});
      return {
        x: () => gradInput({ ...saved, gamma: gamma! }, {})[0]!,
        gamma: () => parameters[0]!,
        beta: () => parameters[1]!,
      };
    },
  },
});

/**
 * @param x [..., D] of any storage.
 * @param gamma f32 [D] scale, `weight` in PyTorch.
 * @param beta f32 [D] shift, `bias` in PyTorch.
 * @param eps added to the variance.
 * @returns f32 [..., D]
 */
export function layerNorm(x: Tensor, gamma: Tensor, beta: Tensor, eps: number): Tensor {
  return operation({ x, gamma, beta }, { eps })[0]!;
}
