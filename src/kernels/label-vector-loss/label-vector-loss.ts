// Losses of a vector of labels or values for each text, in float32: binary cross-entropy on logits (torch's
// BCEWithLogitsLoss) and squared error (MSELoss), summed.

import type { Scalar, Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineKernel, linearGrid } from '#gpu/define-kernel.ts';
import { defineOperation } from '#gpu/define-operation.ts';
import rowSum from '../shared/row-sum.wgsl?raw';
import body from './label-vector-loss.wgsl?raw';
import gradBody from './label-vector-loss-grad.wgsl?raw';

export type LabelVectorLoss = 'binary-cross-entropy' | 'squared-error';

interface Attrs {
  readonly kind: LabelVectorLoss;
}

const forwardKernel = defineKernel({
  name: 'label-vector-loss',
  source: `${rowSum}\n${body}`,
  inputs: ['logits', 'targets', 'scale'],
  outputs: ['loss'],
  uniforms: { size: 'u32' },
});

const gradKernel = defineKernel({
  name: 'label-vector-loss-grad',
  source: gradBody,
  inputs: ['logits', 'targets', 'scale', 'dloss'],
  outputs: ['dlogits'],
  uniforms: { size: 'u32' },
});

/** max(x, 0) - x·t + log(1 + exp(-|x|)): no overflow for either sign. */
const binaryCrossEntropy = (x: Tensor, t: Tensor): Tensor =>
  tf.add(tf.sub(tf.relu(x), tf.mul(x, t)), tf.log1p(tf.exp(tf.neg(tf.abs(x)))));

const backward = defineOperation<'logits' | 'targets' | 'scale' | 'dloss', Attrs>({
  name: 'AtelierLabelVectorLossGrad',
  reference: ({ logits, targets, scale, dloss }, { kind }) => {
    const difference =
      kind === 'squared-error' ? tf.mul(tf.sub(logits, targets), 2) : tf.sub(tf.sigmoid(logits), targets);
    return [tf.mul(difference, tf.mul(dloss, tf.reshape(scale, [])))];
  },
  webgpu: (backend, { logits, targets, scale, dloss }, { kind }) => {
    const dlogits = backend.makeOutput(logits.shape, 'f32');
    gradKernel.run(backend, {
      inputs: { logits, targets, scale, dloss },
      outputs: { dlogits },
      uniforms: { size: logits.size },
      constants: { SQUARED: kind === 'squared-error' },
      grid: linearGrid(Math.ceil(logits.size / 64)),
    });
    return [dlogits];
  },
});

const operation = defineOperation<'logits' | 'targets' | 'scale', Attrs>({
  name: 'AtelierLabelVectorLoss',
  reference: ({ logits, targets, scale }, { kind }) => {
    const losses =
      kind === 'squared-error' ? tf.squaredDifference(logits, targets) : binaryCrossEntropy(logits, targets);
    return [tf.mul(tf.sum(losses), tf.reshape(scale, []))];
  },
  webgpu: (backend, { logits, targets, scale }, { kind }) => {
    const loss = backend.makeOutput([], 'f32');
    // One workgroup: the labels of a batch are few.
    forwardKernel.run(backend, {
      inputs: { logits, targets, scale },
      outputs: { loss },
      uniforms: { size: logits.size },
      constants: { SQUARED: kind === 'squared-error' },
      workgroupSize: backend.rowLanes,
      grid: [1, 1, 1],
    });
    return [loss];
  },
  gradient: {
    inputsToSave: ['logits', 'targets', 'scale'],
    outputsToSave: [false],
    grad: ([dloss], { logits, targets, scale }, _outputs, attrs) => ({
      logits: () => backward({ logits: logits!, targets: targets!, scale: scale!, dloss: dloss! }, attrs)[0]!,
    }),
  },
});

/**
 * @param logits f32 [B, C].
 * @param targets f32 [B, C]; in [0, 1] for binary cross-entropy.
 * @param scale f32 [1].
 * @returns f32 scalar: scale · the sum of all losses.
 */
export function labelVectorLoss(kind: LabelVectorLoss, logits: Tensor, targets: Tensor, scale: Tensor): Scalar {
  return operation({ logits, targets, scale }, { kind })[0] as Scalar;
}
