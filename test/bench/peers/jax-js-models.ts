// The models in jax-js. Matrices are turned to [inputs, outputs] and GPT-2's fused projection is taken apart once, on the
// CPU: the forms its compiler does best with.

import { type Array as Jax, nn, numpy as np } from '@jax-js/jax';
import type { Weight } from '../initial-weights.ts';
import { type BenchStep, type BertStep, bertBatch, type GptStep, gptBatch } from '../steps.ts';

export type Arrays = Readonly<Record<string, Jax>>;

const NORM_EPSILON = { gpt: 1e-5, bert: 1e-12 };

export function arraysOf(step: BenchStep, weights: readonly Weight[]): Arrays {
  return Object.fromEntries(
    weights.flatMap((weight) => {
      if (weight.name.includes('c_attn')) return splitProjection(weight);
      const isKernel = step.family === 'bert' && weight.shape.length === 2 && !weight.name.includes('embeddings');
      return [[weight.name, isKernel ? toArray(transposed(weight)) : toArray(weight)] as const];
    }),
  );
}

const toArray = ({ data, shape }: Pick<Weight, 'data' | 'shape'>): Jax =>
  np.array(data as Float32Array<ArrayBuffer>, { shape: [...shape], dtype: np.float32 });

function transposed({ data, shape }: Weight): Pick<Weight, 'data' | 'shape'> {
  const [rows, columns] = [shape[0]!, shape[1]!];
  return { data: data.map((_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!), shape: [columns, rows] };
}

/** c_attn [d, 3d] and its bias [3d] as query, key and value. */
function splitProjection({ name, data, shape }: Weight): (readonly [string, Jax])[] {
  const width = shape[shape.length - 1]! / 3;
  return ['query', 'key', 'value'].map((part, index) => {
    const columns = data.filter((_, i) => Math.floor((i % (3 * width)) / width) === index);
    return [name.replace('c_attn', part), toArray({ data: columns, shape: [...shape.slice(0, -1), width] })] as const;
  });
}

const dense = (params: Arrays, name: string, x: Jax): Jax =>
  np.dot(x, params[`${name}.weight`]!).add(params[`${name}.bias`]!);

const layerNorm = (params: Arrays, name: string, x: Jax, epsilon: number): Jax =>
  nn.standardize(x, -1, { epsilon }).mul(params[`${name}.weight`]!).add(params[`${name}.bias`]!);

/** Mean cross-entropy of logits [N, C] against int32 labels [N]. */
const crossEntropy = (logits: Jax, labels: Jax): Jax => {
  const [rows, classes] = [logits.shape[0]!, logits.shape[1]!];
  // nn.oneHot would lay out an identity matrix [C, C].
  const isLabel = np.equal(labels.reshape([rows, 1]), np.arange(classes));
  return np
    .where(isLabel, nn.logSoftmax(logits, -1), 0)
    .sum()
    .mul(-1 / rows);
};

const int32 = (data: Int32Array, shape: number[]): Jax =>
  np.array(data as Int32Array<ArrayBuffer>, { shape, dtype: np.int32 });

export function gptInputs(step: GptStep): Arrays {
  const { ids, targets } = gptBatch(step);
  return { ids: int32(ids, [ids.length]), targets: int32(targets, [targets.length]), one: np.array(1) };
}

/**
 * Token rows [N, d]. Inside `jit` the gradient of a gather is refused (0.1.25) unless it comes out of a product of
 * elements: hence `one`, an array of which the compiler does not know that it changes nothing.
 */
const embed = (ids: Jax, table: Jax, one: Jax): Jax => table.slice(ids).mul(one);

export function gptLoss({ layers, hidden, heads, batch, length, vocab }: GptStep) {
  const split = (x: Jax): Jax => x.reshape([batch, length, heads, hidden / heads]);
  const attention = (p: Arrays, at: string, x: Jax): Jax => {
    const [q, k] = [split(dense(p, `${at}.query`, x.ref)), split(dense(p, `${at}.key`, x.ref))];
    const mixed = nn.dotProductAttention(q, k, split(dense(p, `${at}.value`, x)), { isCausal: true });
    return dense(p, `${at}.c_proj`, mixed.reshape([batch, length, hidden]));
  };
  const block = (p: Arrays, at: string, x: Jax): Jax => {
    const attended = x.ref.add(attention(p, `${at}.attn`, layerNorm(p, `${at}.ln_1`, x, NORM_EPSILON.gpt)));
    const inner = dense(p, `${at}.mlp.c_fc`, layerNorm(p, `${at}.ln_2`, attended.ref, NORM_EPSILON.gpt));
    return attended.add(dense(p, `${at}.mlp.c_proj`, nn.gelu(inner, { approximate: true })));
  };
  return (params: Arrays, { ids, targets, one }: Arrays): Jax => {
    const table = params['transformer.wte.weight']!;
    let x = embed(ids!, table.ref, one!).reshape([batch, length, hidden]).add(params['transformer.wpe.weight']!);
    for (let layer = 0; layer < layers; layer += 1) x = block(params, `transformer.h.${layer}`, x);
    const last = layerNorm(params, 'transformer.ln_f', x, NORM_EPSILON.gpt).reshape([batch * length, hidden]);
    return crossEntropy(np.dot(last, np.transpose(table)).reshape([batch * length, vocab]), targets!);
  };
}

export function bertInputs(step: BertStep): Arrays {
  const { ids, tokenTypes, mask, labels } = bertBatch(step);
  const { batch, length } = step;
  return {
    ids: int32(ids, [ids.length]),
    tokenTypes: int32(tokenTypes, [ids.length]),
    bias: np.array(
      Float32Array.from(mask, (kept) => (kept ? 0 : -1e9)),
      { shape: [batch, 1, 1, length] },
    ),
    labels: int32(labels, [batch]),
    one: np.array(1),
  };
}

export function bertLoss({ layers, hidden, heads, batch, length }: BertStep) {
  const split = (x: Jax): Jax => x.reshape([batch, length, heads, hidden / heads]);
  const block = (p: Arrays, at: string, x: Jax, bias: Jax): Jax => {
    const self = `${at}.attention.self`;
    const [q, k] = [split(dense(p, `${self}.query`, x.ref)), split(dense(p, `${self}.key`, x.ref))];
    const mixed = nn.dotProductAttention(q, k, split(dense(p, `${self}.value`, x.ref)), { bias });
    const projected = dense(p, `${at}.attention.output.dense`, mixed.reshape([batch, length, hidden]));
    const attended = layerNorm(p, `${at}.attention.output.LayerNorm`, x.add(projected), NORM_EPSILON.bert);
    const inner = nn.gelu(dense(p, `${at}.intermediate.dense`, attended.ref), { approximate: false });
    return layerNorm(
      p,
      `${at}.output.LayerNorm`,
      attended.add(dense(p, `${at}.output.dense`, inner)),
      NORM_EPSILON.bert,
    );
  };
  return (params: Arrays, { ids, tokenTypes, bias, labels, one }: Arrays): Jax => {
    const table = (name: string): Jax => params[`bert.embeddings.${name}_embeddings.weight`]!;
    const words = embed(ids!, table('word'), one!.ref).add(embed(tokenTypes!, table('token_type'), one!));
    const placed = words.reshape([batch, length, hidden]).add(table('position'));
    let x = layerNorm(params, 'bert.embeddings.LayerNorm', placed, NORM_EPSILON.bert);
    for (let layer = 0; layer < layers; layer += 1) x = block(params, `bert.encoder.layer.${layer}`, x, bias!.ref);
    bias!.dispose();
    const first = x.slice([], 0);
    const pooled = np.tanh(dense(params, 'bert.pooler.dense', first));
    return crossEntropy(dense(params, 'classifier', pooled), labels!);
  };
}
