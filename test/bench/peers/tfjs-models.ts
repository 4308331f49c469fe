// The models in stock tfjs operations, as a tfjs program would write them.

import * as tf from '@tensorflow/tfjs';
import { type BertStep, bertBatch, type GptStep, gptBatch } from '../steps.ts';

export type Parameters = ReadonlyMap<string, tf.Variable>;
/** Uploads the batch and answers the mean loss, under a tape. */
export type LossOf = (params: Parameters) => tf.Scalar;

const NORM_EPSILON = { gpt: 1e-5, bert: 1e-12 };
const MASKED = -1e9;

const rows = (x: tf.Tensor, columns: number): tf.Tensor2D => tf.reshape(x, [-1, columns]) as tf.Tensor2D;

/** y [N, outputs] of x [N, inputs]; `transposed`: the kernel is [outputs, inputs]. */
function dense(params: Parameters, name: string, x: tf.Tensor, transposed: boolean): tf.Tensor {
  return tf.add(tf.matMul(x, params.get(`${name}.weight`)!, false, transposed), params.get(`${name}.bias`)!);
}

function layerNorm(params: Parameters, name: string, x: tf.Tensor, epsilon: number): tf.Tensor {
  const { mean, variance } = tf.moments(x, -1, true);
  const standardized = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, epsilon)));
  return tf.add(tf.mul(standardized, params.get(`${name}.weight`)!), params.get(`${name}.bias`)!);
}

function geluTanh(x: tf.Tensor): tf.Tensor {
  const cubic = tf.add(x, tf.mul(tf.mul(tf.mul(x, x), x), 0.044715));
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(tf.mul(cubic, Math.sqrt(2 / Math.PI))), 1));
}

const geluErf = (x: tf.Tensor): tf.Tensor => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));

/** Of q, k, v [B * T, d] and an additive mask that broadcasts to [B, heads, T, T]; answers [B * T, d]. */
function attention(
  [q, k, v]: readonly tf.Tensor[],
  mask: tf.Tensor,
  { batch, length, heads, hidden }: Shape,
): tf.Tensor {
  const split = (x: tf.Tensor): tf.Tensor =>
    tf.transpose(tf.reshape(x, [batch, length, heads, hidden / heads]), [0, 2, 1, 3]);
  const scores = tf.mul(tf.matMul(split(q!), split(k!), false, true), 1 / Math.sqrt(hidden / heads));
  const mixed = tf.matMul(tf.softmax(tf.add(scores, mask)), split(v!));
  return rows(tf.transpose(mixed, [0, 2, 1, 3]), hidden);
}

type Shape = Pick<GptStep, 'batch' | 'length' | 'heads' | 'hidden'>;

const crossEntropy = (logits: tf.Tensor, labels: Int32Array): tf.Scalar =>
  tf.losses.softmaxCrossEntropy(tf.oneHot(tf.tensor1d(labels, 'int32'), logits.shape[1]!), logits) as tf.Scalar;

function gptBlock(params: Parameters, at: string, x: tf.Tensor, mask: tf.Tensor, step: GptStep): tf.Tensor {
  const projected = dense(params, `${at}.attn.c_attn`, layerNorm(params, `${at}.ln_1`, x, NORM_EPSILON.gpt), false);
  const mixed = attention(tf.split(projected, 3, -1), mask, step);
  const attended = tf.add(x, dense(params, `${at}.attn.c_proj`, mixed, false));
  const inner = dense(params, `${at}.mlp.c_fc`, layerNorm(params, `${at}.ln_2`, attended, NORM_EPSILON.gpt), false);
  return tf.add(attended, dense(params, `${at}.mlp.c_proj`, geluTanh(inner), false));
}

export function gptLoss(step: GptStep): LossOf {
  const { ids, targets } = gptBatch(step);
  const { batch, length, layers, hidden } = step;
  const future = Float32Array.from({ length: length ** 2 }, (_, i) =>
    i % length > Math.floor(i / length) ? MASKED : 0,
  );
  const mask = tf.tensor2d(future, [length, length]);
  return (params) => {
    const table = params.get('transformer.wte.weight')!;
    const tokens = tf.gather(table, tf.tensor2d(ids, [batch, length], 'int32'));
    let x: tf.Tensor = rows(tf.add(tokens, params.get('transformer.wpe.weight')!), hidden);
    for (let layer = 0; layer < layers; layer += 1) x = gptBlock(params, `transformer.h.${layer}`, x, mask, step);
    const last = layerNorm(params, 'transformer.ln_f', x, NORM_EPSILON.gpt);
    return crossEntropy(tf.matMul(last, table, false, true), targets);
  };
}

function bertLayer(params: Parameters, at: string, x: tf.Tensor, mask: tf.Tensor, step: BertStep): tf.Tensor {
  const parts = ['query', 'key', 'value'].map((part) => dense(params, `${at}.attention.self.${part}`, x, true));
  const projected = dense(params, `${at}.attention.output.dense`, attention(parts, mask, step), true);
  const attended = layerNorm(params, `${at}.attention.output.LayerNorm`, tf.add(x, projected), NORM_EPSILON.bert);
  const inner = geluErf(dense(params, `${at}.intermediate.dense`, attended, true));
  const output = dense(params, `${at}.output.dense`, inner, true);
  return layerNorm(params, `${at}.output.LayerNorm`, tf.add(attended, output), NORM_EPSILON.bert);
}

export function bertLoss(step: BertStep): LossOf {
  const { ids, tokenTypes, mask, labels } = bertBatch(step);
  const { batch, length, layers, hidden } = step;
  const bias = Float32Array.from(mask, (kept) => (kept ? 0 : MASKED));
  return (params) => {
    const look = (name: string, of: Int32Array): tf.Tensor =>
      tf.gather(params.get(`bert.embeddings.${name}_embeddings.weight`)!, tf.tensor2d(of, [batch, length], 'int32'));
    const words = tf.add(look('word', ids), look('token_type', tokenTypes));
    const placed = tf.add(words, params.get('bert.embeddings.position_embeddings.weight')!);
    const padding = tf.tensor4d(bias, [batch, 1, 1, length]);
    let x = layerNorm(params, 'bert.embeddings.LayerNorm', rows(placed, hidden), NORM_EPSILON.bert);
    for (let layer = 0; layer < layers; layer += 1)
      x = bertLayer(params, `bert.encoder.layer.${layer}`, x, padding, step);
    const first = rows(tf.slice(tf.reshape(x, [batch, length, hidden]), [0, 0, 0], [batch, 1, hidden]), hidden);
    const pooled = tf.tanh(dense(params, 'bert.pooler.dense', first, true));
    return crossEntropy(dense(params, 'classifier', pooled, true), labels);
  };
}
