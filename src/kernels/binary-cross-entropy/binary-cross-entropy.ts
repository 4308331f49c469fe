// Binary cross-entropy on logits, elementwise, as torch's BCEWithLogitsLoss. In stock operations on every backend: its
// tensors are a batch of label vectors, too small for a kernel to matter.

import type { Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineOperation } from '#gpu/define-operation.ts';

const operation = defineOperation<'logits' | 'targets', Record<never, never>>({
  name: 'AtelierBinaryCrossEntropy',
  // max(x, 0) - x·t + log(1 + exp(-|x|)): no overflow for either sign.
  reference: ({ logits: x, targets: t }) => [
    tf.add(tf.sub(tf.relu(x), tf.mul(x, t)), tf.log1p(tf.exp(tf.neg(tf.abs(x))))),
  ],
  gradient: {
    inputsToSave: ['logits', 'targets'],
    outputsToSave: [false],
    grad: ([dy], { logits, targets }) => ({
      logits: () => tf.mul(dy!, tf.sub(tf.sigmoid(logits!), targets!)),
    }),
  },
});

/** @param logits f32 [...]; @param targets f32 of the same shape, in [0, 1]; @returns f32 of that shape. */
export function binaryCrossEntropy(logits: Tensor, targets: Tensor): Tensor {
  return operation({ logits, targets }, {})[0]!;
}
