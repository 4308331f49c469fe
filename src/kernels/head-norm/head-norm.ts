// Root-mean-square normalisation of each head of queries and keys (Henry et al., 2020), as in Qwen3 and Gemma 3.

import type { Tensor, TensorInfo } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { deliver, type GradientTarget, gradientTarget } from '#gpu/backward.ts';
import { defineKernel, linearGrid } from '#gpu/define-kernel.ts';
import { defineOperation } from '#gpu/define-operation.ts';
import { type HalfStorage, storageOf } from '#gpu/tensor-storage.ts';
import type { AtelierBackend } from '#gpu/webgpu-backend.ts';
import rowSum from '../shared/row-sum.wgsl?raw';
import { sumParts } from '../shared/sum-parts.ts';
import forwardBody from './head-norm.wgsl?raw';
import gradBody from './head-norm-grad.wgsl?raw';
import weightAt from './weight-at.wgsl?raw';

interface Attrs {
  readonly heads: number;
  readonly kvHeads: number;
  readonly eps: number;
  readonly offset: number;
}

const UNIFORMS = {
  positions: 'u32',
  all_heads: 'u32',
  normed_heads: 'u32',
  heads: 'u32',
  head_size: 'u32',
  offset: 'f32',
} as const;

const forwardKernel = defineKernel({
  name: 'head-norm',
  source: [rowSum, weightAt, forwardBody].join('\n'),
  inputs: ['qkv', 'query_weight', 'key_weight'],
  outputs: ['y', 'statistics'],
  uniforms: { ...UNIFORMS, eps: 'f32' },
});
const gradKernel = defineKernel({
  name: 'head-norm-grad',
  source: [rowSum, weightAt, gradBody].join('\n'),
  inputs: ['qkv', 'query_weight', 'key_weight', 'statistics', 'dy'],
  outputs: ['dx', 'partials'],
  uniforms: { ...UNIFORMS, part_positions: 'u32' },
});

/** Workgroups that share the positions in the backward pass: each has many heads to go through. */
const PARTS = 256;

interface Sizes {
  readonly positions: number;
  readonly allHeads: number;
  readonly normedHeads: number;
  readonly headSize: number;
}

function sizesOf(qkv: TensorInfo, { heads, kvHeads }: Attrs): Sizes {
  const [batch, length, width] = qkv.shape as [number, number, number];
  const allHeads = heads + 2 * kvHeads;
  return { positions: batch * length, allHeads, normedHeads: heads + kvHeads, headSize: width / allHeads };
}

const uniformsOf = ({ positions, allHeads, normedHeads, headSize }: Sizes, { heads, offset }: Attrs) => ({
  positions,
  all_heads: allHeads,
  normed_heads: normedHeads,
  heads,
  head_size: headSize,
  offset,
});

/** Threads of one head: a thread has four columns, and there are few of them. */
const lanesFor = (backend: AtelierBackend, headSize: number): number =>
  Math.min(backend.rowLanes, 2 ** Math.ceil(Math.log2(headSize / 4)));

/** The kernels go through a head four columns at a time. Models have head sizes in fours; other sizes run by reference. */
const inFours = (qkv: TensorInfo, attrs: Attrs): boolean => sizesOf(qkv, attrs).headSize % 4 === 0;

type Inputs = 'qkv' | 'queryWeight' | 'keyWeight';
type GradInputs = Inputs | 'statistics' | 'dy';

/** [P, H + 2G, D] in its three parts. */
function split(qkv: Tensor, attrs: Attrs): { q: Tensor; k: Tensor; v: Tensor } {
  const { positions, allHeads, headSize } = sizesOf(qkv, attrs);
  const { heads, kvHeads } = attrs;
  const all = tf.reshape(qkv, [positions, allHeads, headSize]);
  const part = (first: number, count: number): Tensor => tf.slice(all, [0, first, 0], [positions, count, headSize]);
  return { q: part(0, heads), k: part(heads, kvHeads), v: part(heads + kvHeads, kvHeads) };
}

function referenceForward({ qkv, queryWeight, keyWeight }: Readonly<Record<Inputs, Tensor>>, attrs: Attrs): Tensor[] {
  const { q, k, v } = split(qkv, attrs);
  const rstd = (x: Tensor): Tensor => tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), attrs.eps));
  const normed = (x: Tensor, weight: Tensor): Tensor => tf.mul(tf.mul(x, rstd(x)), tf.add(weight, attrs.offset));
  const y = tf.concat([normed(q, queryWeight), normed(k, keyWeight), v], 1);
  const statistics = tf.concat([rstd(q), rstd(k)], 1);
  return [tf.reshape(y, qkv.shape), tf.reshape(statistics, [statistics.size])];
}

function referenceBackward(
  { qkv, queryWeight, keyWeight, statistics, dy }: Readonly<Record<GradInputs, Tensor>>,
  attrs: Attrs,
): Tensor[] {
  const { positions, normedHeads } = sizesOf(qkv, attrs);
  const [x, d] = [split(qkv, attrs), split(dy, attrs)];
  const [queryRstd, keyRstd] = tf.split(
    tf.reshape(statistics, [positions, normedHeads, 1]),
    [attrs.heads, attrs.kvHeads],
    1,
  );
  const through = (from: Tensor, rstd: Tensor, weight: Tensor, dOut: Tensor) => {
    const xhat = tf.mul(from, rstd);
    const g = tf.mul(dOut, tf.add(weight, attrs.offset));
    const dx = tf.mul(tf.sub(g, tf.mul(xhat, tf.mean(tf.mul(g, xhat), -1, true))), rstd);
    return { dx, dWeight: tf.sum(tf.mul(dOut, xhat), [0, 1]) };
  };
  const query = through(x.q, queryRstd!, queryWeight, d.q);
  const key = through(x.k, keyRstd!, keyWeight, d.k);
  return [tf.reshape(tf.concat([query.dx, key.dx, d.v], 1), qkv.shape), query.dWeight, key.dWeight];
}

function forwardOnGpu(
  backend: AtelierBackend,
  { qkv, queryWeight, keyWeight }: Readonly<Record<Inputs, Tensor>>,
  attrs: Attrs,
): TensorInfo[] {
  const s = sizesOf(qkv, attrs);
  const y = backend.makeOutput(qkv.shape, storageOf(qkv) as HalfStorage | 'f32');
  const statistics = backend.makeOutput([s.positions * s.normedHeads], 'f32');
  forwardKernel.run(backend, {
    inputs: { qkv, query_weight: queryWeight, key_weight: keyWeight },
    outputs: { y, statistics },
    uniforms: { ...uniformsOf(s, attrs), eps: attrs.eps },
    workgroupSize: lanesFor(backend, s.headSize),
    grid: linearGrid(s.positions * s.allHeads),
  });
  return [y, statistics];
}

interface Into {
  readonly query: GradientTarget;
  readonly key: GradientTarget;
}

function backwardOnGpu(
  backend: AtelierBackend,
  { qkv, queryWeight, keyWeight, statistics, dy }: Readonly<Record<GradInputs, Tensor>>,
  attrs: Attrs,
  into: Into | null,
): TensorInfo[] {
  const s = sizesOf(qkv, attrs);
  const partPositions = Math.ceil(s.positions / PARTS);
  const parts = Math.ceil(s.positions / partPositions);
  const dx = backend.makeOutput(qkv.shape, storageOf(qkv) as HalfStorage | 'f32');
  const partials = backend.makeOutput([parts, 2 * s.headSize], 'f32');
  gradKernel.run(backend, {
    inputs: { qkv, query_weight: queryWeight, key_weight: keyWeight, statistics, dy },
    outputs: { dx, partials },
    uniforms: { ...uniformsOf(s, attrs), part_positions: partPositions },
    constants: { COLUMN_GROUPS: s.headSize / 4 },
    workgroupSize: lanesFor(backend, s.headSize),
    grid: [parts, 1, 1],
  });
  const fresh = (): TensorInfo => backend.makeOutput([s.headSize], 'f32');
  const [query, key] = into ? [into.query.tensor, into.key.tensor] : [fresh(), fresh()];
  sumParts(backend, partials, 0, query, into?.query.accumulate ?? false);
  sumParts(backend, partials, s.headSize, key, into?.key.accumulate ?? false);
  backend.disposeData(partials.dataId);
  return into ? [dx] : [dx, query, key];
}

/** → dqkv and, where they do not go elsewhere, the gradients of the weights. */
const backward = defineOperation<GradInputs, Attrs & { readonly into: Into | null }>({
  name: 'AtelierHeadNormGrad',
  reference: referenceBackward,
  webgpu: (backend, inputs, attrs) =>
    inFours(inputs.qkv, attrs)
      ? backwardOnGpu(backend, inputs, attrs, attrs.into)
      : tf.tidy(() => referenceBackward(inputs, attrs)),
});

const operation = defineOperation<Inputs, Attrs>({
  name: 'AtelierHeadNorm',
  reference: referenceForward,
  webgpu: (backend, inputs, attrs) =>
    inFours(inputs.qkv, attrs) ? forwardOnGpu(backend, inputs, attrs) : tf.tidy(() => referenceForward(inputs, attrs)),
  gradient: {
    inputsToSave: ['qkv', 'queryWeight', 'keyWeight'],
    outputsToSave: [false, true],
    grad: ([dy], { qkv, queryWeight, keyWeight }, [statistics], attrs) => {
      const [query, key] = [gradientTarget(queryWeight!), gradientTarget(keyWeight!)];
      const into = query && key ? { query, key } : null;
      const saved = { qkv: qkv!, queryWeight: queryWeight!, keyWeight: keyWeight!, statistics: statistics!, dy: dy! };
      const [dqkv, dQuery, dKey] = backward(saved, { ...attrs, into });
      return {
        qkv: () => dqkv!,
        queryWeight: () => (dQuery ? deliver(dQuery, query) : undefined),
        keyWeight: () => (dKey ? deliver(dKey, key) : undefined),
      };
    },
  },
});

export interface HeadNormOptions {
  readonly heads: number;
  /** Heads of keys and values. */
  readonly kvHeads: number;
  /** Added to the mean of the squares. */
  readonly eps: number;
  /** Added to the weights; see `rmsNorm`. Default 0. */
  readonly offset?: number;
}

/**
 * x / √(mean(x²) + eps) · (offset + weight) within each head of queries and of keys; values are passed on.
 * @param qkv [B, L, (H + 2G)·D] of any storage, as `attention` takes it. The result has its storage.
 * @param queryWeight f32 [D] of all H heads. @param keyWeight f32 [D] of all G heads.
 * @returns [B, L, (H + 2G)·D]
 */
export function headNorm(qkv: Tensor, queryWeight: Tensor, keyWeight: Tensor, options: HeadNormOptions): Tensor {
  const { heads, kvHeads, eps, offset = 0 } = options;
  return operation({ qkv, queryWeight, keyWeight }, { heads, kvHeads, eps, offset })[0]!;
}
