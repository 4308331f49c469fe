// Cross-entropy of class labels, per row, with ignored rows and label smoothing (Szegedy et al., 2016), in float32.

import type { Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineKernel, linearGrid } from '#gpu/define-kernel.ts';
import { defineOperation } from '#gpu/define-operation.ts';
import rowMax from '../shared/row-max.wgsl?raw';
import rowSum from '../shared/row-sum.wgsl?raw';
import body from './cross-entropy.wgsl?raw';
import gradBody from './cross-entropy-grad.wgsl?raw';

/** Rows with this label count for nothing, as in PyTorch. */
export const IGNORE_INDEX = -100;

interface Attrs {
  readonly smoothing: number;
}

const UNIFORMS = { rows: 'u32', classes: 'u32', smoothing: 'f32' } as const;
const IGNORED = `const IGNORED: i32 = ${IGNORE_INDEX};`;

const forwardKernel = defineKernel({
  name: 'cross-entropy',
  source: [IGNORED, rowMax, rowSum, body].join('\n'),
  inputs: ['logits', 'labels'],
  outputs: ['loss', 'lse'],
  uniforms: UNIFORMS,
});
const gradKernel = defineKernel({
  name: 'cross-entropy-grad',
  source: [IGNORED, gradBody].join('\n'),
  inputs: ['logits', 'labels', 'lse', 'dloss'],
  outputs: ['dlogits'],
  uniforms: UNIFORMS,
});

/** [N, 1] one where the row counts; [N, C] smoothed target distribution, zero rows where it does not. */
function targets(logits: Tensor, labels: Tensor, smoothing: number) {
  const classes = logits.shape[1]!;
  const counts = tf.cast(tf.notEqual(labels, IGNORE_INDEX), 'float32');
  const hit = tf.oneHot(tf.maximum(labels, 0).toInt() as tf.Tensor1D, classes);
  const smooth = tf.add(tf.mul(hit, 1 - smoothing), smoothing / classes);
  return { counts, target: tf.mul(smooth, tf.expandDims(counts, 1)) };
}

const backward = defineOperation<'logits' | 'labels' | 'lse' | 'dloss', Attrs>({
  name: 'AtelierCrossEntropyGrad',
  reference: ({ logits, labels, lse, dloss }, { smoothing }) => {
    const { counts, target } = targets(logits, labels, smoothing);
    const p = tf.mul(tf.exp(tf.sub(logits, tf.expandDims(lse, 1))), tf.expandDims(counts, 1));
    return [tf.mul(tf.sub(p, target), tf.expandDims(dloss, 1))];
  },
  webgpu: (backend, { logits, labels, lse, dloss }, { smoothing }) => {
    const [rows, classes] = logits.shape as [number, number];
    const dlogits = backend.makeOutput(logits.shape, 'f32');
    gradKernel.run(backend, {
      inputs: { logits, labels, lse, dloss },
      outputs: { dlogits },
      uniforms: { rows, classes, smoothing },
      grid: linearGrid(Math.ceil((rows * classes) / 64)),
    });
    return [dlogits];
  },
});

const operation = defineOperation<'logits' | 'labels', Attrs>({
  name: 'AtelierCrossEntropy',
  reference: ({ logits, labels }, { smoothing }) => {
    const lse = tf.logSumExp(logits, 1);
    const { target } = targets(logits, labels, smoothing);
    return [tf.neg(tf.sum(tf.mul(target, tf.sub(logits, tf.expandDims(lse, 1))), 1)), lse];
  },
  webgpu: (backend, { logits, labels }, { smoothing }) => {
    const [rows, classes] = logits.shape as [number, number];
    const loss = backend.makeOutput([rows], 'f32');
    const lse = backend.makeOutput([rows], 'f32');
    forwardKernel.run(backend, {
      inputs: { logits, labels },
      outputs: { loss, lse },
      uniforms: { rows, classes, smoothing },
      workgroupSize: backend.rowLanes,
      grid: linearGrid(rows),
    });
    return [loss, lse];
  },
  gradient: {
    inputsToSave: ['logits', 'labels'],
    outputsToSave: [false, true],
    grad: ([dloss], { logits, labels }, [lse], attrs) => ({
      logits: () => backward({ logits: logits!, labels: labels!, lse: lse!, dloss: dloss! }, attrs)[0]!,
    }),
  },
});

/**
 * @param logits [N, C] of any storage.
 * @param labels int32 [N] in [0, C), or -100 to ignore the row.
 * @param smoothing share of the target spread over all classes, in [0, 1]. Default 0.
 * @returns f32 [N], zero for ignored rows; the mean is the caller's, who knows how many rows count.
 */
export function crossEntropy(logits: Tensor, labels: Tensor, smoothing = 0): Tensor {
  return operation({ logits, labels }, { smoothing })[0]!;
}
