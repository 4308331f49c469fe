// Uniform noise on embeddings (NEFTune: Jain et al., 2023) from the counter-based generator: the same key gives the same
// noise again.

import type { Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineKernel, linearGrid } from '#gpu/define-kernel.ts';
import { defineOperation } from '#gpu/define-operation.ts';
import type { DropoutKey } from '../dropout/dropout-key.ts';
import { threefry } from '../shared/threefry.ts';
import random from '../shared/threefry.wgsl?raw';
import body from './embedding-noise.wgsl?raw';

const kernel = defineKernel({
  name: 'embedding-noise',
  source: `${random}\n${body}`,
  inputs: ['x', 'key', 'magnitude'],
  outputs: ['y'],
  uniforms: { size: 'u32', site: 'u32' },
});

interface Attrs {
  readonly key: DropoutKey;
  readonly site: number;
}

const operation = defineOperation<'x' | 'key' | 'magnitude', Attrs>({
  name: 'AtelierEmbeddingNoise',
  reference: ({ x, magnitude }, { key, site }) => {
    const noise = Float32Array.from({ length: x.size }, (_, i) => {
      return (threefry(key.seed, key.step, i, site) >>> 8) * 2 ** -23 - 1;
    });
    return [tf.add(x, tf.mul(tf.tensor(noise, x.shape), magnitude))];
  },
  webgpu: (backend, { x, key, magnitude }, { site }) => {
    const y = backend.makeOutput(x.shape, 'f32');
    kernel.run(backend, {
      inputs: { x, key, magnitude },
      outputs: { y },
      uniforms: { size: x.size, site },
      grid: linearGrid(Math.ceil(x.size / 256)),
    });
    return [y];
  },
  gradient: { inputsToSave: [], outputsToSave: [false], grad: ([dy]) => ({ x: () => dy! }) },
});

/**
 * x + magnitude · U[-1, 1), a number of its own for every element.
 * @param x f32 of any shape; its gradient is that of the result.
 * @param magnitude f32 [1]. @param key whose next site is taken.
 */
export function embeddingNoise(x: Tensor, magnitude: Tensor, key: DropoutKey): Tensor {
  return operation({ x, key: key.tensor, magnitude }, { key, site: key.takeSite() })[0]!;
}
