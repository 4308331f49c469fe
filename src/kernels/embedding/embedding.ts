// Rows of a table by id, with a deterministic gradient.

import type { Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineKernel, linearGrid } from '#gpu/define-kernel.ts';
import { defineOperation } from '#gpu/define-operation.ts';
import body from './embedding.wgsl?raw';
import gradBody from './embedding-grad.wgsl?raw';
import { groupTokens } from './token-groups.ts';

const forwardKernel = defineKernel({
  name: 'embedding',
  source: body,
  inputs: ['weight', 'ids'],
  outputs: ['y'],
  uniforms: { tokens: 'u32', columns: 'u32' },
});
const gradKernel = defineKernel({
  name: 'embedding-grad',
  source: gradBody,
  inputs: ['dy', 'unique', 'offsets', 'positions'],
  outputs: ['dweight'],
  uniforms: { groups: 'u32', columns: 'u32' },
});

interface EmbeddingAttrs {
  /** The ids once more, on the CPU: grouping them there spares the device a sort. */
  readonly ids: Int32Array;
  readonly shape: readonly number[];
  readonly rows: number;
}

const gradWeight = defineOperation<'dy' | 'unique' | 'offsets' | 'positions', EmbeddingAttrs>({
  name: 'AtelierEmbeddingGrad',
  reference: ({ dy }, { ids, rows }) => {
    const columns = dy.shape[dy.shape.length - 1]!;
    const flat = tf.reshape(dy, [ids.length, columns]);
    // Adds up rows of the same id; tfjs's segment sum would go through all ids of the vocabulary instead.
    return [tf.scatterND(tf.tensor2d(ids, [ids.length, 1], 'int32'), flat, [rows, columns])];
  },
  webgpu: (backend, { dy, unique, offsets, positions }, { rows }) => {
    const columns = dy.shape[dy.shape.length - 1]!;
    const dweight = backend.makeOutput([rows, columns], 'f32');
    backend.clear(dweight);
    gradKernel.run(backend, {
      inputs: { dy, unique, offsets, positions },
      outputs: { dweight },
      uniforms: { groups: unique.size, columns },
      grid: linearGrid(Math.ceil((unique.size * columns) / 64)),
    });
    return [dweight];
  },
});

const operation = defineOperation<'weight', EmbeddingAttrs>({
  name: 'AtelierEmbedding',
  reference: ({ weight }, { ids, shape }) => [
    tf.reshape(tf.gather(weight, tf.tensor1d(ids, 'int32')), [...shape, weight.shape[1]!]),
  ],
  webgpu: (backend, { weight }, { ids, shape }) => {
    const columns = weight.shape[1]!;
    const idsTensor = backend.makeTensorInfo([ids.length], 'int32', ids);
    const y = backend.makeOutput([...shape, columns], 'f32');
    forwardKernel.run(backend, {
      inputs: { weight, ids: idsTensor },
      outputs: { y },
      uniforms: { tokens: ids.length, columns },
      grid: linearGrid(Math.ceil((ids.length * columns) / 64)),
    });
    backend.disposeData(idsTensor.dataId);
    return [y];
  },
  gradient: {
    inputsToSave: [],
    outputsToSave: [false],
    grad: ([dy], _saved, _outputs, attrs) => ({
      weight: () => {
        const { unique, offsets, positions } = groupTokens(attrs.ids);
        const inputs = {
          dy: dy!,
          unique: tf.tensor1d(unique, 'int32'),
          offsets: tf.tensor1d(offsets, 'int32'),
          positions: tf.tensor1d(positions, 'int32'),
        };
        return gradWeight(inputs, attrs)[0]!;
      },
    }),
  },
});

/**
 * @param weight f32 [V, D]
 * @param ids values in [0, V), row-major; checked by the caller.
 * @param shape the shape of ids, for example [B, S].
 * @returns f32 [...shape, D]
 */
export function embedding(weight: Tensor, ids: Int32Array, shape: readonly number[]): Tensor {
  return operation({ weight }, { ids, shape, rows: weight.shape[0]! })[0]!;
}
