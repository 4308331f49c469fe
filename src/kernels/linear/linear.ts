// y = x · Wᵀ + b, the affine map of torch.nn.Linear.

import type { Tensor, TensorInfo } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineOperation } from '#gpu/define-operation.ts';
import { canBeHalf, storageOf } from '#gpu/tensor-storage.ts';
import type { AtelierBackend } from '#gpu/webgpu-backend.ts';
import { columnSum } from '../column-sum/column-sum.ts';
import { matmul } from '../matmul/matmul.ts';

const rowsOf = (x: TensorInfo): number => x.shape.slice(0, -1).reduce((product, n) => product * n, 1);
const lastOf = (x: TensorInfo): number => x.shape[x.shape.length - 1]!;

/** A product keeps the storage of its input, where its shape allows halves. */
const likeInput = (backend: AtelierBackend, x: TensorInfo, shape: readonly number[]): TensorInfo => {
  const storage = storageOf(x);
  return backend.makeOutput(shape, canBeHalf(shape) ? storage : 'f32');
};

const gradInput = defineOperation<'dy' | 'weight' | 'x', Record<never, never>>({
  name: 'AtelierLinearGradInput',
  reference: ({ dy, weight, x }) => {
    const flat = tf.matMul(tf.reshape(dy, [rowsOf(dy), lastOf(dy)]) as tf.Tensor2D, weight as tf.Tensor2D);
    return [tf.reshape(flat, x.shape)];
  },
  webgpu: (backend, { dy, weight, x }) => {
    const [m, n, k] = [rowsOf(dy), weight.shape[1]!, weight.shape[0]!];
    const dx = likeInput(backend, x, x.shape);
    matmul(backend, {
      a: { tensor: dy, rowStride: k },
      b: { tensor: weight, rowStride: n },
      c: { tensor: dx, rowStride: n },
      m,
      n,
      k,
    });
    return [dx];
  },
});

const gradWeight = defineOperation<'dy' | 'x', Record<never, never>>({
  name: 'AtelierLinearGradWeight',
  reference: ({ dy, x }) => {
    const dy2 = tf.reshape(dy, [rowsOf(dy), lastOf(dy)]) as tf.Tensor2D;
    return [tf.matMul(dy2, tf.reshape(x, [rowsOf(x), lastOf(x)]) as tf.Tensor2D, true, false)];
  },
  webgpu: (backend, { dy, x }) => {
    const [m, n, k] = [lastOf(dy), lastOf(x), rowsOf(x)];
    const dw = backend.makeOutput([m, n], 'f32');
    matmul(backend, {
      a: { tensor: dy, rowStride: m, transpose: true },
      b: { tensor: x, rowStride: n },
      c: { tensor: dw, rowStride: n },
      m,
      n,
      k,
    });
    return [dw];
  },
});

const gradBias = defineOperation<'dy', Record<never, never>>({
  name: 'AtelierLinearGradBias',
  reference: ({ dy }) => [tf.sum(tf.reshape(dy, [rowsOf(dy), lastOf(dy)]), 0)],
  webgpu: (backend, { dy }) => [columnSum(backend, dy, rowsOf(dy), lastOf(dy))],
});

const operation = defineOperation<'x' | 'weight' | 'bias', Record<never, never>>({
  name: 'AtelierLinear',
  reference: ({ x, weight, bias }) => {
    const flat = tf.matMul(tf.reshape(x, [rowsOf(x), lastOf(x)]) as tf.Tensor2D, weight as tf.Tensor2D, false, true);
    return [tf.reshape(bias ? tf.add(flat, bias) : flat, [...x.shape.slice(0, -1), weight.shape[0]!])];
  },
  webgpu: (backend, { x, weight, bias }) => {
    const [m, n, k] = [rowsOf(x), weight.shape[0]!, weight.shape[1]!];
    const y = likeInput(backend, x, [...x.shape.slice(0, -1), n]);
    matmul(backend, {
      a: { tensor: x, rowStride: k },
      b: { tensor: weight, rowStride: k, transpose: true },
      c: { tensor: y, rowStride: n },
      m,
      n,
      k,
      bias,
    });
    return [y];
  },
  gradient: {
    inputsToSave: ['x', 'weight'],
    outputsToSave: [false],
    grad: ([dy], { x, weight }) => ({
      x: () => gradInput({ dy: dy!, weight: weight!, x: x! }, {})[0]!,
      weight: () => gradWeight({ dy: dy!, x: x! }, {})[0]!,
      bias: () => gradBias({ dy: dy! }, {})[0]!,
    }),
  },
});

/**
 * @param x [..., K] of any storage; the result has its storage, accumulation is in f32.
 * @param weight [N, K] of any storage, as PyTorch keeps it.
 * @param bias f32 [N], or null.
 * @returns [..., N]
 */
export function linear(x: Tensor, weight: Tensor, bias: Tensor | null): Tensor {
  return operation(bias ? { x, weight, bias } : { x, weight }, {})[0]!;
}
