// A kernel against its reference in plain tfjs operations on the CPU backend: forward and each gradient.

import * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';
import type { HalfStorage } from '#gpu/tensor-storage.ts';
import { castStorage } from '#kernels/cast-storage/cast-storage.ts';
import { disposeKept } from './forward-context.ts';
import { expectClose, values } from './tensors.ts';

export interface Input {
  readonly shape: readonly number[];
  readonly data?: Float32Array;
}
export type Build = (inputs: tf.Tensor[]) => tf.Tensor;

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** Output and gradients of sum(output · weights), on one backend. */
export async function runOn(name: string, build: Build, inputs: readonly Input[]): Promise<Float32Array[]> {
  await tf.setBackend(name);
  disposeKept();
  const before = tf.memory().numTensors;
  const tensors = inputs.map(({ shape, data }, i) => tf.tensor(data ?? values(sizeOf(shape), i + 1), [...shape]));
  let output: tf.Tensor | null = null;
  const { value, grads } = tf.valueAndGrads((...xs: tf.Tensor[]) => {
    const y = build(xs);
    output = tf.keep(tf.clone(y));
    const weights = tf.tensor(values(y.size, 99), y.shape);
    return tf.sum(tf.mul(y, weights)).asScalar();
  })(tensors);
  const read = async (tensor: tf.Tensor) => Float32Array.from((await tensor.data()) as Float32Array);
  const results = [await read(output!), ...(await Promise.all(grads.map(read)))];
  tf.dispose([output!, value, grads, tensors]);
  disposeKept();
  expect(tf.memory().numTensors, 'leaked tensors').toBe(before);
  return results;
}

export async function expectParity(
  build: Build,
  inputs: readonly Input[],
  tolerance = { absolute: 2e-5, relative: 2e-5 },
): Promise<void> {
  const expected = await runOn('cpu', build, inputs);
  const actual = await runOn('atelier', build, inputs);
  for (const [i, values] of expected.entries()) {
    expectClose(actual[i]!, values, tolerance, i === 0 ? 'output' : `gradient ${i - 1}`);
  }
  expect(expected.slice(1).some((gradient) => gradient.some((value) => value !== 0))).toBe(true);
}

export const half =
  (storage: HalfStorage, build: Build): Build =>
  (xs) =>
    castStorage(build(xs.map((x) => castStorage(x, storage))), 'f32');
