// Cross-entropy of class labels with ignored rows and label smoothing (Szegedy et al., 2016), in float32.

import type { Scalar, Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineKernel, linearGrid } from '#gpu/define-kernel.ts';
import { defineOperation } from '#gpu/define-operation.ts';
import { type HalfStorage, storageOf } from '#gpu/tensor-storage.ts';
import { IGNORE_INDEX } from '#util/ignore-index.ts';
import { rowAccess } from '../shared/row-access.ts';
import rowMax from '../shared/row-max.wgsl?raw';
import rowSum from '../shared/row-sum.wgsl?raw';
import body from './cross-entropy.wgsl?raw';
import gradBody from './cross-entropy-grad.wgsl?raw';
import sumBody from './sum-rows.wgsl?raw';

interface Attrs {
  readonly smoothing: number;
}

const UNIFORMS = { rows: 'u32', columns: 'u32', smoothing: 'f32' } as const;
const IGNORED = `const IGNORED: i32 = ${IGNORE_INDEX};`;

const kernels = [false, true].map((vector) => ({
  forward: defineKernel({
    name: vector ? 'cross-entropy' : 'cross-entropy-scalar',
    source: [IGNORED, rowMax, rowSum, rowAccess(['logits'], [], vector), body].join('\n'),
    inputs: ['logits', 'labels'],
    outputs: ['rows'],
    uniforms: UNIFORMS,
  }),
  grad: defineKernel({
    name: vector ? 'cross-entropy-grad' : 'cross-entropy-grad-scalar',
    source: [IGNORED, rowAccess(['logits'], ['dlogits'], vector), gradBody].join('\n'),
    inputs: ['logits', 'labels', 'rows', 'scale', 'dloss'],
    outputs: ['dlogits'],
    uniforms: UNIFORMS,
  }),
}));
const kernelsFor = (classes: number) => kernels[classes % 4 === 0 ? 1 : 0]!;

const sumKernel = defineKernel({
  name: 'cross-entropy-sum',
  source: `${rowSum}\n${sumBody}`,
  inputs: ['rows', 'scale'],
  outputs: ['loss'],
  uniforms: { rows: 'u32' },
});

/** [N, 1] one where the row counts; [N, C] smoothed target distribution, zero rows where it does not. */
function targets(logits: Tensor, labels: Tensor, smoothing: number) {
  const classes = logits.shape[1]!;
  const counts = tf.cast(tf.notEqual(labels, IGNORE_INDEX), 'float32');
  const hit = tf.oneHot(tf.maximum(labels, 0).toInt() as tf.Tensor1D, classes);
  const smooth = tf.add(tf.mul(hit, 1 - smoothing), smoothing / classes);
  return { counts, target: tf.mul(smooth, tf.expandDims(counts, 1)) };
}

const backward = defineOperation<'logits' | 'labels' | 'rows' | 'scale' | 'dloss', Attrs>({
  name: 'AtelierCrossEntropyGrad',
  reference: ({ logits, labels, rows, scale, dloss }, { smoothing }) => {
    const count = logits.shape[0]!;
    const { counts, target } = targets(logits, labels, smoothing);
    const lse = tf.expandDims(tf.slice(rows, [count], [count]), 1);
    const p = tf.mul(tf.exp(tf.sub(logits, lse)), tf.expandDims(counts, 1));
    return [tf.mul(tf.sub(p, target), tf.mul(dloss, scale))];
  },
  webgpu: (backend, { logits, labels, rows, scale, dloss }, { smoothing }) => {
    const [count, columns] = logits.shape as [number, number];
    const dlogits = backend.makeOutput(logits.shape, storageOf(logits) as HalfStorage | 'f32');
    kernelsFor(columns).grad.run(backend, {
      inputs: { logits, labels, rows, scale, dloss },
      outputs: { dlogits },
      uniforms: { rows: count, columns, smoothing },
      grid: linearGrid(Math.ceil((count * Math.ceil(columns / 4)) / 64)),
    });
    return [dlogits];
  },
});

/** → loss, and for the backward pass [2N]: the losses of the rows, then their log-sum-exp. */
const operation = defineOperation<'logits' | 'labels' | 'scale', Attrs>({
  name: 'AtelierCrossEntropy',
  reference: ({ logits, labels, scale }, { smoothing }) => {
    const lse = tf.logSumExp(logits, 1);
    const { target } = targets(logits, labels, smoothing);
    const losses = tf.neg(tf.sum(tf.mul(target, tf.sub(logits, tf.expandDims(lse, 1))), 1));
    return [tf.mul(tf.sum(losses), tf.reshape(scale, [])), tf.concat([losses, lse])];
  },
  webgpu: (backend, { logits, labels, scale }, { smoothing }) => {
    const [count, columns] = logits.shape as [number, number];
    const rows = backend.makeOutput([2 * count], 'f32');
    const loss = backend.makeOutput([], 'f32');
    kernelsFor(columns).forward.run(backend, {
      inputs: { logits, labels },
      outputs: { rows },
      uniforms: { rows: count, columns, smoothing },
      workgroupSize: backend.rowLanes,
      grid: linearGrid(count),
    });
    sumKernel.run(backend, {
      inputs: { rows, scale },
      outputs: { loss },
      uniforms: { rows: count },
      workgroupSize: backend.rowLanes,
      grid: [1, 1, 1],
    });
    return [loss, rows];
  },
  gradient: {
    inputsToSave: ['logits', 'labels', 'scale'],
    outputsToSave: [false, true],
    grad: ([dloss], { logits, labels, scale }, [rows], attrs) => ({
      logits: () =>
        backward({ logits: logits!, labels: labels!, rows: rows!, scale: scale!, dloss: dloss! }, attrs)[0]!,
    }),
  },
});

/**
 * @param logits [N, C] of any storage; their gradient has the same.
 * @param labels int32 [N] in [0, C), or -100 to ignore the row.
 * @param scale f32 [1]: one divided by the rows that count, for their mean.
 * @param smoothing share of the target spread over all classes, in [0, 1]. Default 0.
 * @returns f32 scalar: scale · the sum of the losses of the rows that count.
 */
export function crossEntropy(logits: Tensor, labels: Tensor, scale: Tensor, smoothing = 0): Scalar {
  return operation({ logits, labels, scale }, { smoothing })[0] as Scalar;
}
