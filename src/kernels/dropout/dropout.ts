// Dropout from the counter-based generator: nothing is stored, the backward pass makes the mask again.

import type { Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineKernel, linearGrid } from '#gpu/define-kernel.ts';
import { defineOperation, type Operation } from '#gpu/define-operation.ts';
import { storageOf } from '#gpu/tensor-storage.ts';
import { threefry } from '../shared/threefry.ts';
import random from '../shared/threefry.wgsl?raw';
import body from './dropout.wgsl?raw';
import { type DropoutKey, dropThreshold } from './dropout-key.ts';

const kernel = defineKernel({
  name: 'dropout',
  source: `${random}\n${body}`,
  inputs: ['x', 'key'],
  outputs: ['y'],
  uniforms: { size: 'u32', site: 'u32', threshold: 'u32', scale: 'f32' },
});

/** The masks of one call site in a forward pass. */
export interface SiteDropout {
  readonly probability: number;
  readonly key: DropoutKey;
  readonly site: number;
}

/** The factors 0 or 1/(1-p) of a site's first `size` elements. */
export function dropoutFactors(size: number, { probability, key, site }: SiteDropout): Float32Array {
  const threshold = dropThreshold(probability);
  const scale = 1 / (1 - probability);
  return Float32Array.from({ length: size }, (_, i) =>
    threefry(key.seed, key.step, i, site) >= threshold ? scale : 0,
  );
}

const operation: Operation<'x' | 'key', SiteDropout> = defineOperation<'x' | 'key', SiteDropout>({
  name: 'AtelierDropout',
  reference: ({ x }, attrs) => [tf.mul(x, tf.tensor(dropoutFactors(x.size, attrs), x.shape))],
  webgpu: (backend, { x, key }, attrs) => {
    const storage = storageOf(x);
    const y = backend.makeOutput(x.shape, storage);
    kernel.run(backend, {
      inputs: { x, key },
      outputs: { y },
      uniforms: {
        size: x.size,
        site: attrs.site,
        threshold: dropThreshold(attrs.probability),
        scale: 1 / (1 - attrs.probability),
      },
      grid: linearGrid(Math.ceil(x.size / 256)),
    });
    return [y];
  },
  gradient: {
    inputsToSave: ['key'],
    outputsToSave: [false],
    grad: ([dy], { key }, _outputs, attrs) => ({ x: () => operation({ x: dy!, key: key! }, attrs)[0]! }),
  },
});

/** The next site of the key; null where nothing is dropped: outside training, or with probability 0. */
export function takeDropout(probability: number, key: DropoutKey | null): SiteDropout | null {
  return probability === 0 || key === null ? null : { probability, key, site: key.takeSite() };
}

/** Dropout at a site that was taken before. It is its own backward pass. */
export function dropoutAt(x: Tensor, dropout: SiteDropout): Tensor {
  return operation({ x, key: dropout.key.tensor }, dropout)[0]!;
}

/**
 * @param x any shape and storage; the result has the same.
 * @param probability of dropping, in [0, 1).
 * @param key null outside training: then x itself is returned.
 */
export function dropout(x: Tensor, probability: number, key: DropoutKey | null): Tensor {
  const site = takeDropout(probability, key);
  return site ? dropoutAt(x, site) : x;
}
