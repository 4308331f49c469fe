// Cross-entropy of class labels with ignored rows and label smoothing (Szegedy et al., 2016), in float32.

import type { Scalar, Tensor, TensorInfo } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineOperation } from '#gpu/define-operation.ts';
import { type HalfStorage, storageOf } from '#gpu/tensor-storage.ts';
import { IGNORE_INDEX } from '#util/ignore-index.ts';
import { gradLogits, type RowsOfLogits, rowLosses, sumOfLosses } from './row-losses.ts';

interface Attrs {
  readonly smoothing: number;
}

function allRows(logits: TensorInfo, labels: TensorInfo, rows: TensorInfo, smoothing: number): RowsOfLogits {
  const [count, columns] = logits.shape as [number, number];
  return { logits, labels, rows, smoothing, first: 0, count, all: count, columns, cap: 0 };
}

/** [N, 1] one where the row counts; [N, C] smoothed target distribution, zero rows where it does not. */
export function targetsOf(logits: Tensor, labels: Tensor, smoothing: number) {
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
    const { counts, target } = targetsOf(logits, labels, smoothing);
    const lse = tf.expandDims(tf.slice(rows, [count], [count]), 1);
    const p = tf.mul(tf.exp(tf.sub(logits, lse)), tf.expandDims(counts, 1));
    return [tf.mul(tf.sub(p, target), tf.mul(dloss, scale))];
  },
  webgpu: (backend, { logits, labels, rows, scale, dloss }, { smoothing }) => {
    const dlogits = backend.makeOutput(logits.shape, storageOf(logits) as HalfStorage | 'f32');
    gradLogits(backend, { ...allRows(logits, labels, rows, smoothing), scale, dloss }, dlogits);
    return [dlogits];
  },
});

/** → loss, and for the backward pass [2N]: the losses of the rows, then their log-sum-exp. */
const operation = defineOperation<'logits' | 'labels' | 'scale', Attrs>({
  name: 'AtelierCrossEntropy',
  reference: ({ logits, labels, scale }, { smoothing }) => {
    const lse = tf.logSumExp(logits, 1);
    const { target } = targetsOf(logits, labels, smoothing);
    const losses = tf.neg(tf.sum(tf.mul(target, tf.sub(logits, tf.expandDims(lse, 1))), 1));
    return [tf.mul(tf.sum(losses), tf.reshape(scale, [])), tf.concat([losses, lse])];
  },
  webgpu: (backend, { logits, labels, scale }, { smoothing }) => {
    const count = logits.shape[0]!;
    const rows = backend.makeOutput([2 * count], 'f32');
    rowLosses(backend, allRows(logits, labels, rows, smoothing));
    return [sumOfLosses(backend, rows, scale, count), rows];
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
