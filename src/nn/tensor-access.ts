// How layers above the engine get values out of tensors, without knowing the engine.

import type { Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { readTensor } from '#gpu/read-back.ts';
import type { NdArray } from '#util/nd-array.ts';
import type { ModelOutput } from './trainable-model.ts';

export type { Tensor, Variable } from '@tensorflow/tfjs';
export { setValues } from '#gpu/arena.ts';
export { trimPool } from '#gpu/memory.ts';
export { readBytesTogether, snapshot, streamTensor } from '#gpu/read-back.ts';

/** Values and shape of a tensor, as it is now. */
export async function readNdArray(tensor: Tensor): Promise<NdArray> {
  return { data: await readTensor(tensor), shape: tensor.shape };
}

/** Several tensors in one read: their values one after the other. Disposes them. */
export async function readTogether(tensors: readonly Tensor[]): Promise<Float32Array> {
  const joined = tf.tidy(() => tf.concat(tensors.map((tensor) => tf.reshape(tensor, [tensor.size]))));
  tf.dispose([...tensors]);
  try {
    return (await readTensor(joined)) as Float32Array;
  } finally {
    joined.dispose();
  }
}

/** A forward pass outside training: nothing is recorded, intermediate tensors are freed, the output is the caller's. */
export function forwardOnly(compute: () => ModelOutput): ModelOutput {
  const tensors = tf.tidy(() => {
    const { loss, logits } = compute();
    return loss ? [logits, loss] : [logits];
  });
  return { logits: tensors[0]!, loss: (tensors[1] ?? null) as tf.Scalar | null };
}

export function disposeTensors(tensors: Iterable<Tensor>): void {
  for (const tensor of tensors) tensor.dispose();
}
