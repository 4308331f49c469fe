// Scaled dot-product attention (Vaswani et al., 2017) with key padding, causal order, a sliding window, grouped queries
// (Ainslie et al., 2023) and dropout on the probabilities. On the GPU scores and probabilities are never stored
// (FlashAttention-2, Dao, 2023): the backward pass makes them again from the log-sum-exp of each row.

import type { Tensor, TensorInfo } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineKernel } from '#gpu/define-kernel.ts';
import { defineOperation } from '#gpu/define-operation.ts';
import { type HalfStorage, storageOf } from '#gpu/tensor-storage.ts';
import type { AtelierBackend } from '#gpu/webgpu-backend.ts';
import { dropoutFactors, type SiteDropout, takeDropout } from '../dropout/dropout.ts';
import { type DropoutKey, dropThreshold } from '../dropout/dropout-key.ts';
import random from '../shared/threefry.wgsl?raw';
import blocks from './blocks.wgsl?raw';
import forwardBody from './forward.wgsl?raw';
import gradKeyValueBody from './grad-key-value.wgsl?raw';
import gradQueryBody from './grad-query.wgsl?raw';

/** Who sees whom, and how heads share keys. */
interface Attrs {
  readonly heads: number;
  readonly kvHeads: number;
  readonly scale: number;
  readonly causal: boolean;
  /** Keys at a distance of `window` or more are not seen; 0: no such bound. */
  readonly window: number;
  /** The mask numbers texts that share a row: each sees itself alone. */
  readonly segments: boolean;
  readonly dropout: SiteDropout | null;
}

const UNIFORMS = {
  length: 'u32',
  width: 'u32',
  head_size: 'u32',
  heads: 'u32',
  kv_heads: 'u32',
  group: 'u32',
  rows: 'u32',
  half_block: 'u32',
  site: 'u32',
  threshold: 'u32',
  keep_scale: 'f32',
  scale: 'f32',
} as const;

/** NAME(a, b): dot products of four rows of one tensor with four of another. The bound is no constant: compilers would unroll. */
const products = (name: string, a: string, b: string): string => `
fn ${name}(a: vec4<u32>, b: vec4<u32>) -> Scores {
  var s: Scores;
  for (var d = 0u; d < u.head_size; d += 4u) {
    let m = mat4x4<f32>(${b}4(b.x + d), ${b}4(b.y + d), ${b}4(b.z + d), ${b}4(b.w + d));
    s.a += ${a}4(a.x + d) * m;
    s.b += ${a}4(a.y + d) * m;
    s.c += ${a}4(a.z + d) * m;
    s.d += ${a}4(a.w + d) * m;
  }
  return s;
}`;

const forwardKernel = defineKernel({
  name: 'attention',
  source: [random, blocks, products('query_key', 'qkv', 'qkv'), forwardBody].join('\n'),
  inputs: ['qkv', 'mask', 'key'],
  outputs: ['output', 'statistics'],
  uniforms: UNIFORMS,
});
const gradQueryKernel = defineKernel({
  name: 'attention-grad-query',
  source: [
    random,
    blocks,
    products('query_key', 'qkv', 'qkv'),
    products('output_value', 'doutput', 'qkv'),
    gradQueryBody,
  ].join('\n'),
  inputs: ['qkv', 'mask', 'key', 'output', 'doutput'],
  outputs: ['dqkv', 'statistics'],
  uniforms: UNIFORMS,
});
const gradKeyValueKernel = defineKernel({
  name: 'attention-grad-key-value',
  source: [
    random,
    blocks,
    products('query_key', 'qkv', 'qkv'),
    products('value_output', 'qkv', 'doutput'),
    gradKeyValueBody,
  ].join('\n'),
  inputs: ['qkv', 'mask', 'key', 'doutput', 'statistics'],
  outputs: ['dqkv'],
  uniforms: UNIFORMS,
});

/** Queries, or keys, of one workgroup. */
const BLOCK = 32;

interface Sizes {
  readonly batch: number;
  readonly length: number;
  /** Of the packed queries, keys and values. */
  readonly width: number;
  readonly headSize: number;
  readonly rows: number;
}

function sizesOf(qkv: TensorInfo, { heads, kvHeads }: Attrs): Sizes {
  const [batch, length, width] = qkv.shape as [number, number, number];
  return { batch, length, width, headSize: width / (heads + 2 * kvHeads), rows: batch * heads * length };
}

/** What all three kernels share. */
function callOf(s: Sizes, { heads, kvHeads, scale, causal, window, segments, dropout }: Attrs) {
  return {
    uniforms: {
      length: s.length,
      width: s.width,
      head_size: s.headSize,
      heads,
      kv_heads: kvHeads,
      group: heads / kvHeads,
      rows: s.rows,
      half_block: BLOCK / 2,
      site: dropout?.site ?? 0,
      threshold: dropout ? dropThreshold(dropout.probability) : 0,
      keep_scale: dropout ? 1 / (1 - dropout.probability) : 1,
      scale,
    },
    constants: {
      GROUPS: Math.ceil(s.headSize / 32),
      CAUSAL: causal,
      WINDOW: window,
      SEGMENTS: segments,
      HAS_DROPOUT: dropout !== null,
    },
  };
}

/** Floating-point operations of `products` matrix products over the pairs of a query and a key that can see each other. */
function flopsOf({ batch, length, headSize }: Sizes, { heads, causal, window }: Attrs, products: number): number {
  const reach = Math.min(window || length, length);
  const before = reach * length - (reach * (reach - 1)) / 2;
  return 2 * products * batch * heads * headSize * (causal ? before : 2 * before - length);
}

const likeStorage = (backend: AtelierBackend, tensor: TensorInfo, shape: readonly number[]): TensorInfo =>
  backend.makeOutput(shape, storageOf(tensor) as HalfStorage | 'f32');

/** The blocks read four columns at a time. Models have head sizes in fours; other sizes run by reference. */
const fitsBlocks = (qkv: TensorInfo, attrs: Attrs): boolean => sizesOf(qkv, attrs).headSize % 4 === 0;

const keyOf = (mask: TensorInfo, { dropout }: Attrs): TensorInfo => dropout?.key.tensor ?? mask;

function forwardOnGpu(backend: AtelierBackend, qkv: Tensor, mask: Tensor, attrs: Attrs): TensorInfo[] {
  const s = sizesOf(qkv, attrs);
  const output = likeStorage(backend, qkv, [s.batch, s.length, attrs.heads * s.headSize]);
  const statistics = backend.makeOutput([2, s.rows], 'f32');
  forwardKernel.run(backend, {
    inputs: { qkv, mask, key: keyOf(mask, attrs) },
    outputs: { output, statistics },
    ...callOf(s, attrs),
    grid: [Math.ceil(s.length / BLOCK), attrs.heads, s.batch],
    flops: flopsOf(s, attrs, 2),
  });
  return [output, statistics];
}

type GradInputs = 'qkv' | 'mask' | 'output' | 'statistics' | 'dOutput';

function backwardOnGpu(
  backend: AtelierBackend,
  { qkv, mask, output, statistics, dOutput }: Readonly<Record<GradInputs, Tensor>>,
  attrs: Attrs,
): TensorInfo[] {
  const s = sizesOf(qkv, attrs);
  const dqkv = likeStorage(backend, qkv, qkv.shape);
  const shared = { qkv, mask, key: keyOf(mask, attrs), doutput: dOutput };
  const grid = (heads: number): [number, number, number] => [Math.ceil(s.length / BLOCK), heads, s.batch];
  gradQueryKernel.run(backend, {
    inputs: { ...shared, output },
    outputs: { dqkv, statistics },
    ...callOf(s, attrs),
    grid: grid(attrs.heads),
    flops: flopsOf(s, attrs, 3),
  });
  gradKeyValueKernel.run(backend, {
    inputs: { ...shared, statistics },
    outputs: { dqkv },
    ...callOf(s, attrs),
    grid: grid(attrs.kvHeads),
    flops: flopsOf(s, attrs, 4),
  });
  return [dqkv];
}

/** Queries, keys and values as [B, H, L, D] each; keys and values repeated for the heads that share them. */
function unpack(qkv: Tensor, { heads, kvHeads }: Attrs): { q: Tensor; k: Tensor; v: Tensor } {
  const [batch, length, width] = qkv.shape as [number, number, number];
  const headSize = width / (heads + 2 * kvHeads);
  const split = tf.transpose(tf.reshape(qkv, [batch, length, heads + 2 * kvHeads, headSize]), [0, 2, 1, 3]);
  const part = (first: number, count: number): Tensor =>
    tf.slice(split, [0, first, 0, 0], [batch, count, length, headSize]);
  const owners = tf.tensor1d(
    Int32Array.from({ length: heads }, (_, head) => Math.floor(head / (heads / kvHeads))),
    'int32',
  );
  const shared = (x: Tensor): Tensor => (kvHeads === heads ? x : tf.gather(x, owners, 1));
  return { q: part(0, heads), k: shared(part(heads, kvHeads)), v: shared(part(heads + kvHeads, kvHeads)) };
}

/** The way back: gradients of repeated heads are added up. */
function pack(dq: Tensor, dk: Tensor, dv: Tensor, qkv: Tensor, { heads, kvHeads }: Attrs): Tensor {
  const [batch, length] = qkv.shape as [number, number];
  const headSize = dq.shape[3]!;
  const summed = (x: Tensor): Tensor =>
    tf.reshape(tf.sum(tf.reshape(x, [batch, kvHeads, heads / kvHeads, length * headSize]), 2), [
      batch,
      kvHeads,
      length,
      headSize,
    ]);
  const all = tf.concat([dq, summed(dk), summed(dv)], 1);
  return tf.reshape(tf.transpose(all, [0, 2, 1, 3]), qkv.shape);
}

/** f32 [B, 1, L, L] one where a query sees a key. */
function visibility(mask: Tensor, { causal, window, segments }: Attrs): Tensor {
  const [batch, length] = mask.shape as [number, number];
  const seen = Float32Array.from({ length: length * length }, (_, at) => {
    const [i, j] = [Math.floor(at / length), at % length];
    return (!causal || j <= i) && (window === 0 || Math.abs(i - j) < window) ? 1 : 0;
  });
  const keys = tf.reshape(tf.cast(tf.notEqual(mask, 0), 'float32'), [batch, 1, 1, length]);
  const visible = tf.mul(keys, tf.reshape(tf.tensor(seen), [1, 1, length, length]));
  const same = tf.equal(tf.reshape(mask, [batch, 1, length, 1]), tf.reshape(mask, [batch, 1, 1, length]));
  return segments ? tf.mul(visible, tf.cast(same, 'float32')) : visible;
}

function referenceParts(qkv: Tensor, mask: Tensor, attrs: Attrs) {
  const { q, k, v } = unpack(qkv, attrs);
  const visible = visibility(mask, attrs);
  const scores = tf.add(tf.mul(tf.matMul(q, k, false, true), attrs.scale), tf.mul(tf.sub(visible, 1), 1e30));
  const factors = attrs.dropout ? tf.tensor(dropoutFactors(scores.size, attrs.dropout), scores.shape) : tf.scalar(1);
  const lse = tf.logSumExp(scores, -1);
  const p = tf.mul(tf.exp(tf.sub(scores, tf.expandDims(lse, -1))), visible);
  return { q, k, v, p, factors, lse };
}

function referenceForward({ qkv, mask }: Readonly<Record<'qkv' | 'mask', Tensor>>, attrs: Attrs): Tensor[] {
  const { v, p, factors, lse } = referenceParts(qkv, mask, attrs);
  const merged = tf.transpose(tf.matMul(tf.mul(p, factors), v), [0, 2, 1, 3]);
  const rows = tf.reshape(lse, [1, lse.size]);
  const [batch, length, heads, headSize] = merged.shape as [number, number, number, number];
  return [tf.reshape(merged, [batch, length, heads * headSize]), tf.concat([rows, tf.zerosLike(rows)], 0)];
}

function referenceBackward({ qkv, mask, dOutput }: Readonly<Record<GradInputs, Tensor>>, attrs: Attrs): Tensor[] {
  const { q, k, v, p, factors } = referenceParts(qkv, mask, attrs);
  const dO = tf.transpose(tf.reshape(dOutput, [q.shape[0]!, q.shape[2]!, attrs.heads, q.shape[3]!]), [0, 2, 1, 3]);
  const dP = tf.mul(tf.matMul(dO, v, false, true), factors);
  const dS = tf.mul(tf.mul(p, tf.sub(dP, tf.sum(tf.mul(p, dP), -1, true))), attrs.scale);
  const dv = tf.matMul(tf.mul(p, factors), dO, true, false);
  return [pack(tf.matMul(dS, k), tf.matMul(dS, q, true, false), dv, qkv, attrs)];
}

const backward = defineOperation<GradInputs, Attrs>({
  name: 'AtelierAttentionGrad',
  reference: referenceBackward,
  webgpu: (backend, inputs, attrs) =>
    fitsBlocks(inputs.qkv, attrs)
      ? backwardOnGpu(backend, inputs, attrs)
      : tf.tidy(() => referenceBackward(inputs, attrs)),
});

/** → output, and for the backward pass [2, B·H·L]: the log-sum-exp of each row, and room for one more number. */
const operation = defineOperation<'qkv' | 'mask', Attrs>({
  name: 'AtelierAttention',
  reference: referenceForward,
  webgpu: (backend, inputs, attrs) =>
    fitsBlocks(inputs.qkv, attrs)
      ? forwardOnGpu(backend, inputs.qkv, inputs.mask, attrs)
      : tf.tidy(() => referenceForward(inputs, attrs)),
  gradient: {
    inputsToSave: ['qkv', 'mask'],
    outputsToSave: [true, true],
    grad: ([dOutput], { qkv, mask }, [output, statistics], attrs) => ({
      qkv: () =>
        backward({ qkv: qkv!, mask: mask!, output: output!, statistics: statistics!, dOutput: dOutput! }, attrs)[0]!,
    }),
  },
});

export interface AttentionOptions {
  readonly heads: number;
  /** Heads of keys and values, a divisor of `heads`. Default: as many. */
  readonly kvHeads?: number;
  /** Factor on the scores. Default 1/√D. */
  readonly scale?: number;
  /** A query sees no later key. Default false. */
  readonly causal?: boolean;
  /** A query sees keys nearer than this, itself included; 0 for all. Default 0. */
  readonly window?: number;
  /** Texts share rows: the mask numbers them from 1, and each sees itself alone. Default false. */
  readonly segments?: boolean;
  /** Probability of dropping a probability. */
  readonly dropout: number;
  readonly dropoutKey: DropoutKey | null;
}

/**
 * softmax(scale · Q · Kᵀ) · V per head. A row that sees no key gives zeros.
 * @param qkv [B, L, (H + 2G)·D] of any storage: queries of H heads, keys of G, values of G. The result has its storage.
 * @param mask int32 [B, L]; keys where it is 0 are not seen.
 * @returns [B, L, H·D]
 */
export function attention(qkv: Tensor, mask: Tensor, options: AttentionOptions): Tensor {
  const { heads, kvHeads = heads, causal = false, window = 0, segments = false, dropout, dropoutKey } = options;
  const headSize = qkv.shape[2]! / (heads + 2 * kvHeads);
  const scale = options.scale ?? 1 / Math.sqrt(headSize);
  const attrs = { heads, kvHeads, scale, causal, window, segments, dropout: takeDropout(dropout, dropoutKey) };
  return operation({ qkv, mask }, attrs)[0]!;
}
