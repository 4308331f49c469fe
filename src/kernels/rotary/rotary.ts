// Rotary position embedding (Su et al., 2021) of packed queries and keys, in HF's order: column d of a head is turned with
// column d + R/2, where R columns of each head are turned.

import type { Tensor, TensorInfo } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineKernel, linearGrid } from '#gpu/define-kernel.ts';
import { defineOperation, type Operation } from '#gpu/define-operation.ts';
import { type HalfStorage, storageOf } from '#gpu/tensor-storage.ts';
import source from './rotary.wgsl?raw';

interface Attrs {
  /** Heads that are turned: the first ones. */
  readonly heads: number;
  readonly allHeads: number;
  /** Turn back. */
  readonly inverse: boolean;
}

const kernel = defineKernel({
  name: 'rotary',
  source,
  inputs: ['x', 'table'],
  outputs: ['y'],
  uniforms: {
    size: 'u32',
    length: 'u32',
    width: 'u32',
    heads: 'u32',
    head_size: 'u32',
    half: 'u32',
  },
});

type Inputs = Readonly<Record<'x' | 'table', Tensor>>;

const headSizeOf = (x: TensorInfo, { allHeads }: Attrs): number => x.shape[2]! / allHeads;

function reference({ x, table }: Inputs, attrs: Attrs): Tensor[] {
  const [batch, length] = x.shape as [number, number];
  const { heads, allHeads, inverse } = attrs;
  const [headSize, half] = [headSizeOf(x, attrs), table.shape[1]! / 2];
  const all = tf.reshape(x, [batch, length, allHeads, headSize]);
  const columns = (first: number, count: number): Tensor =>
    tf.slice(all, [0, 0, 0, first], [batch, length, heads, count]);
  const of = (which: number): Tensor =>
    tf.reshape(tf.slice(table, [0, which * half], [length, half]), [1, length, 1, half]);
  const [cos, sin] = [of(0), inverse ? tf.neg(of(1)) : of(1)];
  const [a, b] = [columns(0, half), columns(half, half)];
  const turned = tf.concat(
    [
      tf.sub(tf.mul(a, cos), tf.mul(b, sin)),
      tf.add(tf.mul(b, cos), tf.mul(a, sin)),
      columns(2 * half, headSize - 2 * half),
    ],
    3,
  );
  const rest = tf.slice(all, [0, 0, heads, 0], [batch, length, allHeads - heads, headSize]);
  return [tf.reshape(tf.concat([turned, rest], 2), x.shape)];
}

const operation: Operation<'x' | 'table', Attrs> = defineOperation<'x' | 'table', Attrs>({
  name: 'AtelierRotary',
  reference,
  webgpu: (backend, inputs, attrs) => {
    const { x, table } = inputs;
    const [headSize, half] = [headSizeOf(x, attrs), table.shape[1]! / 2];
    // A thread has four columns of one head. Models have head sizes in fours; other sizes run by reference.
    if (headSize % 4 !== 0) return tf.tidy(() => reference(inputs, attrs));
    const [, length, width] = x.shape as [number, number, number];
    const y = backend.makeOutput(x.shape, storageOf(x) as HalfStorage | 'f32');
    kernel.run(backend, {
      inputs: { x, table },
      outputs: { y },
      uniforms: { size: x.size, length, width, heads: attrs.heads, head_size: headSize, half },
      constants: { INVERSE: attrs.inverse, IN_FOURS: half % 4 === 0 },
      grid: linearGrid(Math.ceil(x.size / 256)),
    });
    return [y];
  },
  gradient: {
    inputsToSave: ['table'],
    outputsToSave: [false],
    grad: ([dy], { table }, _outputs, attrs) => ({
      x: () => operation({ x: dy!, table: table! }, { ...attrs, inverse: !attrs.inverse })[0]!,
    }),
  },
});

/**
 * Turns each pair of columns of the first `heads` heads by the angle of its position; the rest is passed on.
 * @param x [B, L, A·D] of any storage: A heads side by side. The result has its storage.
 * @param table f32 [L, R]: of each position the cosines of its R/2 angles, then their sines; R <= D.
 * @param heads that are turned; with packed queries, keys and values those of queries and keys.
 * @param allHeads A.
 */
export function rotary(x: Tensor, table: Tensor, heads: number, allHeads: number): Tensor {
  return operation({ x, table }, { heads, allHeads, inverse: false })[0]!;
}
