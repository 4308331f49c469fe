// Scaled dot-product attention (Vaswani et al., 2017) with key padding, causal order, a sliding window, grouped queries
// (Ainslie et al., 2023) and dropout on the probabilities.

import type { Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineOperation } from '#gpu/define-operation.ts';
import type { AtelierBackend } from '#gpu/webgpu-backend.ts';
import { dropoutFactors, takeDropout } from '../dropout/dropout.ts';
import type { DropoutKey } from '../dropout/dropout-key.ts';
import { type AttentionForm, type Attrs, type GradInputs, sizesOf } from './attention-call.ts';
import { flash } from './flash.ts';
import { fitsProducts, products } from './products.ts';

/** Null: the kernels read four columns at a time. Models have head sizes in fours; other sizes run by reference. */
function formFor(backend: AtelierBackend, qkv: Tensor, attrs: Attrs): AttentionForm | null {
  if (sizesOf(qkv, attrs).headSize % 4 !== 0) return null;
  return fitsProducts(backend, qkv, attrs) ? products : flash;
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
    formFor(backend, inputs.qkv, attrs)?.backward(backend, inputs, attrs) ??
    tf.tidy(() => referenceBackward(inputs, attrs)),
});

/** As `AttentionForm` tells. */
const operation = defineOperation<'qkv' | 'mask', Attrs>({
  name: 'AtelierAttention',
  reference: referenceForward,
  webgpu: (backend, inputs, attrs) =>
    formFor(backend, inputs.qkv, attrs)?.forward(backend, inputs.qkv, inputs.mask, attrs) ??
    tf.tidy(() => referenceForward(inputs, attrs)),
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
