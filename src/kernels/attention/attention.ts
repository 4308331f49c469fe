// Scaled dot-product attention with key padding and dropout on the probabilities (Vaswani et al., 2017).
// The probabilities are not stored for the backward pass: they are made again from the scores' log-sum-exp.

import type { Tensor, TensorInfo } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineKernel, linearGrid } from '#gpu/define-kernel.ts';
import { defineOperation } from '#gpu/define-operation.ts';
import { storageOf } from '#gpu/tensor-storage.ts';
import type { AtelierBackend } from '#gpu/webgpu-backend.ts';
import { dropoutFactors } from '../dropout/dropout.ts';
import { type DropoutKey, dropThreshold } from '../dropout/dropout-key.ts';
import { type MatrixLayout, matmul } from '../matmul/matmul.ts';
import rowMax from '../shared/row-max.wgsl?raw';
import rowSum from '../shared/row-sum.wgsl?raw';
import random from '../shared/threefry.wgsl?raw';
import maskBody from './mask.wgsl?raw';
import softmaxBody from './softmax.wgsl?raw';
import softmaxGradBody from './softmax-grad.wgsl?raw';

export interface AttentionDropout {
  readonly probability: number;
  readonly key: DropoutKey;
  readonly site: number;
}

interface AttentionAttrs {
  readonly heads: number;
  readonly scale: number;
  readonly dropout: AttentionDropout | null;
}

type Inputs = 'query' | 'key' | 'value' | 'mask' | 'randomKey';

const ROW_UNIFORMS = {
  rows: 'u32',
  rows_per_batch: 'u32',
  keys: 'u32',
  site: 'u32',
  threshold: 'u32',
  scale: 'f32',
} as const;

const softmaxKernel = defineKernel({
  name: 'attention-softmax',
  source: [rowMax, rowSum, random, maskBody, softmaxBody].join('\n'),
  inputs: ['mask', 'key'],
  outputs: ['scores', 'lse'],
  uniforms: ROW_UNIFORMS,
});
const softmaxGradKernel = defineKernel({
  name: 'attention-softmax-grad',
  source: [rowSum, random, maskBody, softmaxGradBody].join('\n'),
  inputs: ['mask', 'key', 'lse'],
  outputs: ['scores', 'dprobs'],
  uniforms: { ...ROW_UNIFORMS, scale_scores: 'f32' },
});

interface Sizes {
  readonly batch: number;
  readonly queries: number;
  readonly keys: number;
  readonly width: number;
  readonly heads: number;
  readonly headSize: number;
}

function sizesOf(query: TensorInfo, key: TensorInfo, heads: number): Sizes {
  const [batch, queries, width] = query.shape as [number, number, number];
  return { batch, queries, keys: key.shape[1]!, width, heads, headSize: width / heads };
}

/** A [B, L, H·D] tensor seen as B × H matrices [L, D]. */
const perHead = (tensor: TensorInfo, { width, headSize }: Sizes, transpose = false): MatrixLayout => ({
  tensor,
  rowStride: width,
  headStride: headSize,
  batchStride: tensor.shape[1]! * width,
  transpose,
});

/** A [B, H, Q, K] tensor as B × H matrices. */
const square = (tensor: TensorInfo, { queries, keys, heads }: Sizes, transpose = false): MatrixLayout => ({
  tensor,
  rowStride: keys,
  headStride: queries * keys,
  batchStride: heads * queries * keys,
  transpose,
});

function rowUniforms({ batch, heads, queries, keys }: Sizes, dropout: AttentionDropout | null) {
  return {
    rows: batch * heads * queries,
    rows_per_batch: heads * queries,
    keys,
    site: dropout?.site ?? 0,
    threshold: dropout ? dropThreshold(dropout.probability) : 0,
    scale: dropout ? 1 / (1 - dropout.probability) : 1,
  };
}

/** scores = scale · Q · Kᵀ, f32 [B, H, Q, K]. The caller owns it. */
function scoresOf(backend: AtelierBackend, query: TensorInfo, key: TensorInfo, s: Sizes, scale: number): TensorInfo {
  const scores = backend.makeOutput([s.batch, s.heads, s.queries, s.keys], 'f32');
  matmul(backend, {
    a: perHead(query, s),
    b: perHead(key, s, true),
    c: square(scores, s),
    m: s.queries,
    n: s.keys,
    k: s.headSize,
    batches: s.batch,
    heads: s.heads,
    alpha: scale,
  });
  return scores;
}

function forwardOnGpu(backend: AtelierBackend, inputs: Record<Inputs, Tensor>, attrs: AttentionAttrs): TensorInfo[] {
  const { query, key, value, mask, randomKey } = inputs;
  const s = sizesOf(query, key, attrs.heads);
  const scores = scoresOf(backend, query, key, s, attrs.scale);
  const lse = backend.makeOutput([s.batch, s.heads, s.queries], 'f32');
  softmaxKernel.run(backend, {
    inputs: { mask, key: randomKey },
    outputs: { scores, lse },
    uniforms: rowUniforms(s, attrs.dropout),
    constants: { HAS_DROPOUT: attrs.dropout !== null },
    workgroupSize: backend.rowLanes,
    grid: linearGrid(s.batch * s.heads * s.queries),
  });
  const output = backend.makeOutput(query.shape, storageOf(query));
  matmul(backend, {
    a: square(scores, s),
    b: perHead(value, s),
    c: perHead(output, s),
    m: s.queries,
    n: s.headSize,
    k: s.keys,
    batches: s.batch,
    heads: s.heads,
  });
  backend.disposeData(scores.dataId);
  return [output, lse];
}

type GradInputs = Inputs | 'lse' | 'dOutput';

function backwardOnGpu(
  backend: AtelierBackend,
  inputs: Record<GradInputs, Tensor>,
  attrs: AttentionAttrs,
): TensorInfo[] {
  const { query, key, value, mask, randomKey, lse, dOutput } = inputs;
  const s = sizesOf(query, key, attrs.heads);
  const each = { batches: s.batch, heads: s.heads };
  const scores = scoresOf(backend, query, key, s, attrs.scale);
  const dProbs = backend.makeOutput(scores.shape, 'f32');
  matmul(backend, {
    a: perHead(dOutput, s),
    b: perHead(value, s, true),
    c: square(dProbs, s),
    m: s.queries,
    n: s.keys,
    k: s.headSize,
    ...each,
  });
  softmaxGradKernel.run(backend, {
    inputs: { mask, key: randomKey, lse },
    outputs: { scores, dprobs: dProbs },
    uniforms: { ...rowUniforms(s, attrs.dropout), scale_scores: attrs.scale },
    constants: { HAS_DROPOUT: attrs.dropout !== null },
    workgroupSize: backend.rowLanes,
    grid: linearGrid(s.batch * s.heads * s.queries),
  });
  const [dQuery, dKey, dValue] = [query, key, value].map((t) => backend.makeOutput(t.shape, storageOf(t))) as [
    TensorInfo,
    TensorInfo,
    TensorInfo,
  ];
  matmul(backend, {
    a: square(scores, s, true),
    b: perHead(dOutput, s),
    c: perHead(dValue, s),
    m: s.keys,
    n: s.headSize,
    k: s.queries,
    ...each,
  });
  matmul(backend, {
    a: square(dProbs, s),
    b: perHead(key, s),
    c: perHead(dQuery, s),
    m: s.queries,
    n: s.headSize,
    k: s.keys,
    ...each,
  });
  matmul(backend, {
    a: square(dProbs, s, true),
    b: perHead(query, s),
    c: perHead(dKey, s),
    m: s.keys,
    n: s.headSize,
    k: s.queries,
    ...each,
  });
  backend.disposeData(scores.dataId);
  backend.disposeData(dProbs.dataId);
  return [dQuery, dKey, dValue];
}

/** [B, L, H·D] → [B, H, L, D] */
const splitHeads = (x: Tensor, heads: number): Tensor => {
  const [batch, length, width] = x.shape as [number, number, number];
  return tf.transpose(tf.reshape(x, [batch, length, heads, width / heads]), [0, 2, 1, 3]);
};
const mergeHeads = (x: Tensor, like: Tensor): Tensor => tf.reshape(tf.transpose(x, [0, 2, 1, 3]), like.shape);

function referenceParts(
  { query, key, mask }: Pick<Record<Inputs, Tensor>, 'query' | 'key' | 'mask'>,
  attrs: AttentionAttrs,
) {
  const [q, k] = [splitHeads(query, attrs.heads), splitHeads(key, attrs.heads)];
  const visible = tf.reshape(tf.cast(tf.notEqual(mask, 0), 'float32'), [mask.shape[0]!, 1, 1, mask.shape[1]!]);
  const scores = tf.add(tf.mul(tf.matMul(q, k, false, true), attrs.scale), tf.mul(tf.sub(visible, 1), 1e30));
  const factors = attrs.dropout ? tf.tensor(dropoutFactors(scores.size, attrs.dropout), scores.shape) : tf.scalar(1);
  return { q, k, visible, scores, factors };
}

const backward = defineOperation<GradInputs, AttentionAttrs>({
  name: 'AtelierAttentionGrad',
  reference: (inputs, attrs) => {
    const { q, k, visible, scores, factors } = referenceParts(inputs, attrs);
    const [v, dO] = [splitHeads(inputs.value, attrs.heads), splitHeads(inputs.dOutput, attrs.heads)];
    const p = tf.mul(tf.exp(tf.sub(scores, tf.expandDims(inputs.lse, -1))), visible);
    const dP = tf.mul(tf.matMul(dO, v, false, true), factors);
    const dS = tf.mul(tf.mul(p, tf.sub(dP, tf.sum(tf.mul(p, dP), -1, true))), attrs.scale);
    return [
      mergeHeads(tf.matMul(dS, k), inputs.query),
      mergeHeads(tf.matMul(dS, q, true, false), inputs.key),
      mergeHeads(tf.matMul(tf.mul(p, factors), dO, true, false), inputs.value),
    ];
  },
  webgpu: (backend, inputs, attrs) => backwardOnGpu(backend, inputs, attrs),
});

const operation = defineOperation<Inputs, AttentionAttrs>({
  name: 'AtelierAttention',
  reference: (inputs, attrs) => {
    const { visible, scores, factors } = referenceParts(inputs, attrs);
    const lse = tf.logSumExp(scores, -1);
    const p = tf.mul(tf.exp(tf.sub(scores, tf.expandDims(lse, -1))), visible);
    const output = tf.matMul(tf.mul(p, factors), splitHeads(inputs.value, attrs.heads));
    return [mergeHeads(output, inputs.query), lse];
  },
  webgpu: (backend, inputs, attrs) => forwardOnGpu(backend, inputs, attrs),
  gradient: {
    inputsToSave: ['query', 'key', 'value', 'mask', 'randomKey'],
    outputsToSave: [false, true],
    grad: ([dOutput], saved, [lse], attrs) => {
      const inputs = { ...(saved as Record<Inputs, Tensor>), lse: lse!, dOutput: dOutput! };
      const grads = backward(inputs, attrs);
      return { query: () => grads[0]!, key: () => grads[1]!, value: () => grads[2]! };
    },
  },
});

export interface AttentionOptions {
  readonly heads: number;
  /** Dropout on the probabilities; null or 0 for none. */
  readonly dropout: number;
  readonly dropoutKey: DropoutKey | null;
}

/**
 * softmax(Q · Kᵀ / √D) · V per head.
 * @param query [B, L, H·D] of any storage; the result has its storage.
 * @param key [B, S, H·D]
 * @param value [B, S, H·D]
 * @param mask int32 [B, S]; keys where it is 0 are not attended to.
 * @returns [B, L, H·D]
 */
export function attention(query: Tensor, key: Tensor, value: Tensor, mask: Tensor, options: AttentionOptions): Tensor {
  const { heads, dropout, dropoutKey } = options;
  const drop =
    dropout > 0 && dropoutKey ? { probability: dropout, key: dropoutKey, site: dropoutKey.takeSite() } : null;
  const inputs = { query, key, value, mask, randomKey: drop ? drop.key.tensor : mask };
  return operation(inputs, { heads, scale: 1 / Math.sqrt(query.shape[2]! / heads), dropout: drop })[0]!;
}
