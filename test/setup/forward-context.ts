// Contexts for forward passes in tests: feeds are plain tensors.

import * as tf from '@tensorflow/tfjs';
import type { Feed } from '#gpu/step-cache.ts';
import { DropoutKey } from '#kernels/dropout/dropout-key.ts';
import { type ComputeStorage, ForwardContext, type ForwardSource } from '#nn/forward-context.ts';
import type { Batch } from '#util/nd-array.ts';

const made: tf.Tensor[] = [];

/** A tensor that outlives the tidy it is made in, until `disposeKept`. */
export function keep<T extends tf.Tensor>(tensor: T): T {
  made.push(tf.keep(tensor));
  return tensor;
}

export function disposeKept(): void {
  tf.dispose(made.splice(0));
}

const plainFeed =
  (source: ForwardSource): Feed<ForwardSource> =>
  (values, shape) => {
    const given = values(source);
    return keep(tf.tensor(given, [...shape], given instanceof Int32Array ? 'int32' : 'float32'));
  };

/** A pass with gradients; dropout only where the model has any. */
export function trainingContext(
  batch: Batch,
  { storage = 'f32', numItemsInBatch = null }: { storage?: ComputeStorage; numItemsInBatch?: number | null } = {},
): ForwardContext {
  const source = { batch, forwardStep: 0, numItemsInBatch };
  return ForwardContext.training(source, 1, storage, plainFeed(source));
}

export const dropoutKey = (seed: number, step: number): DropoutKey =>
  new DropoutKey(seed, step, () => keep(tf.tensor1d(Int32Array.of(seed, step), 'int32')));
