// Attention as batched matrix products over scores that are stored, for short texts on emulated GPUs: there a product
// costs least when the lanes of a subgroup share what they read. Two dispatches forward and four back.

import type { Tensor, TensorInfo } from '@tensorflow/tfjs';
import { defineKernel, type Kernel } from '#gpu/define-kernel.ts';
import type { AtelierBackend } from '#gpu/webgpu-backend.ts';
import { matmul } from '../matmul/matmul.ts';
import { ROWS } from '../matmul/rows-source.ts';
import random from '../shared/threefry.wgsl?raw';
import {
  type AttentionForm,
  type Attrs,
  callOf,
  flopsOf,
  type GradInputs,
  keyOf,
  likeStorage,
  type Sizes,
  sizesOf,
  UNIFORMS,
} from './attention-call.ts';
import gradScoresBody from './grad-scores.wgsl?raw';
import { scoreProduct } from './score-product.ts';
import scoresBody from './scores.wgsl?raw';
import visible from './visible.wgsl?raw';

interface Kernels {
  readonly scores: Kernel;
  readonly gradScores: Kernel;
}

const kernelsByLanes = new Map<number, Kernels>();

function kernelsFor(lanes: number): Kernels {
  let kernels = kernelsByLanes.get(lanes);
  if (!kernels) {
    kernels = defineKernels(lanes);
    kernelsByLanes.set(lanes, kernels);
  }
  return kernels;
}

function defineKernels(lanes: number): Kernels {
  const query = { a: 'qkv', atRow: 'query_at', b: 'qkv', atColumn: 'key_at' };
  const output = { a: 'doutput', atRow: 'output_at', b: 'qkv', atColumn: 'value_at' };
  const constants = `const ROWS: u32 = ${ROWS}u;`;
  return {
    scores: defineKernel({
      name: `attention-scores-${lanes}`,
      source: [constants, random, visible, scoreProduct('make_scores', 'scores', query, lanes), scoresBody].join('\n'),
      inputs: ['qkv', 'mask', 'key'],
      outputs: ['scores', 'statistics'],
      uniforms: UNIFORMS,
      subgroups: true,
    }),
    gradScores: defineKernel({
      name: `attention-grad-scores-${lanes}`,
      source: [
        constants,
        random,
        visible,
        scoreProduct('make_scores', 'scores', query, lanes),
        scoreProduct('make_dscores', 'dscores', output, lanes),
        gradScoresBody,
      ].join('\n'),
      inputs: ['qkv', 'mask', 'key', 'doutput', 'statistics'],
      outputs: ['scores', 'dscores'],
      uniforms: UNIFORMS,
      subgroups: true,
    }),
  };
}

/** Scores and their gradients may take this much. */
const MAX_BYTES = 2 ** 26;

const bytesOf = ({ rows, length }: Sizes): number => 2 * 4 * rows * length;

/** Whether this form is for the device, and its lengths for this form. */
export function fitsProducts({ software, subgroupSize }: AtelierBackend, qkv: TensorInfo, attrs: Attrs): boolean {
  const sizes = sizesOf(qkv, attrs);
  const shares = software && subgroupSize !== null && ROWS % subgroupSize === 0;
  return shares && sizes.length % 4 === 0 && bytesOf(sizes) <= MAX_BYTES;
}

/** Of all heads, over all pairs of a query and a key, those that can not see each other included. */
function scoreCall(backend: AtelierBackend, s: Sizes, attrs: Attrs, products: number) {
  return {
    ...callOf(s, attrs),
    workgroupSize: backend.subgroupSize!,
    grid: [Math.ceil(s.length / ROWS), attrs.heads, s.batch] as const,
    flops: flopsOf(s, attrs, products),
  };
}

/** Scores [B, H, L, L] of the query heads that begin with `first` of each group, as matrices of their own. */
const scoresLayout = (tensor: TensorInfo, { length }: Sizes, { heads }: Attrs, group: number, first: number) => ({
  tensor,
  rowStride: length,
  offset: first * length * length,
  headStride: group * length * length,
  batchStride: heads * length * length,
});

/** Heads of a packed tensor [B, L, W], every `group`-th of them from head `first` on. */
const headsLayout = (tensor: TensorInfo, { length, headSize }: Sizes, width: number, group: number, first: number) => ({
  tensor,
  rowStride: width,
  offset: first * headSize,
  headStride: group * headSize,
  batchStride: length * width,
});

const productOf = ({ batch, length, headSize }: Sizes, heads: number) => ({
  m: length,
  n: headSize,
  k: length,
  batches: batch,
  heads,
});

function forward(backend: AtelierBackend, qkv: Tensor, mask: Tensor, attrs: Attrs): TensorInfo[] {
  const s = sizesOf(qkv, attrs);
  const { heads, kvHeads } = attrs;
  const group = heads / kvHeads;
  const output = likeStorage(backend, qkv, [s.batch, s.length, heads * s.headSize]);
  const statistics = backend.makeOutput([2, s.rows], 'f32');
  const scores = backend.makeOutput([s.rows, s.length], 'f32');
  kernelsFor(backend.subgroupSize!).scores.run(backend, {
    inputs: { qkv, mask, key: keyOf(mask, attrs) },
    outputs: { scores, statistics },
    ...scoreCall(backend, s, attrs, 1),
  });
  for (let i = 0; i < group; i++) {
    matmul(backend, {
      ...productOf(s, kvHeads),
      a: scoresLayout(scores, s, attrs, group, i),
      b: headsLayout(qkv, s, s.width, 1, heads + kvHeads),
      c: headsLayout(output, s, heads * s.headSize, group, i),
    });
  }
  backend.disposeData(scores.dataId);
  return [output, statistics];
}

function backward(
  backend: AtelierBackend,
  { qkv, mask, statistics, dOutput }: Readonly<Record<GradInputs, Tensor>>,
  attrs: Attrs,
): TensorInfo[] {
  const s = sizesOf(qkv, attrs);
  const { heads, kvHeads } = attrs;
  const group = heads / kvHeads;
  const dqkv = likeStorage(backend, qkv, qkv.shape);
  const [scores, dscores] = [0, 1].map(() => backend.makeOutput([s.rows, s.length], 'f32')) as [TensorInfo, TensorInfo];
  kernelsFor(backend.subgroupSize!).gradScores.run(backend, {
    inputs: { qkv, mask, key: keyOf(mask, attrs), doutput: dOutput, statistics },
    outputs: { scores, dscores },
    ...scoreCall(backend, s, attrs, 2),
  });
  for (let i = 0; i < group; i++) {
    const product = productOf(s, kvHeads);
    const queries = headsLayout(qkv, s, s.width, group, i);
    const dscoresOf = scoresLayout(dscores, s, attrs, group, i);
    const scoresOf = scoresLayout(scores, s, attrs, group, i);
    matmul(backend, {
      ...product,
      a: dscoresOf,
      b: headsLayout(qkv, s, s.width, 1, heads),
      c: { ...queries, tensor: dqkv },
    });
    // The queries of a group add up.
    matmul(backend, {
      ...product,
      a: { ...dscoresOf, transpose: true },
      b: queries,
      c: headsLayout(dqkv, s, s.width, 1, heads),
      accumulate: i > 0,
    });
    matmul(backend, {
      ...product,
      a: { ...scoresOf, transpose: true },
      b: headsLayout(dOutput, s, heads * s.headSize, group, i),
      c: headsLayout(dqkv, s, s.width, 1, heads + kvHeads),
      accumulate: i > 0,
    });
  }
  for (const { dataId } of [scores, dscores]) backend.disposeData(dataId);
  return [dqkv];
}

export const products: AttentionForm = { forward, backward };
