// Attention that never stores scores and probabilities (FlashAttention-2, Dao, 2023): the backward pass makes them again
// from the log-sum-exp of each row.

import type { Tensor, TensorInfo } from '@tensorflow/tfjs';
import { defineKernel } from '#gpu/define-kernel.ts';
import type { AtelierBackend } from '#gpu/webgpu-backend.ts';
import random from '../shared/threefry.wgsl?raw';
import {
  type AttentionForm,
  type Attrs,
  BLOCK,
  callOf,
  flopsOf,
  type GradInputs,
  keyOf,
  likeStorage,
  sizesOf,
  UNIFORMS,
} from './attention-call.ts';
import blocks from './blocks.wgsl?raw';
import forwardBody from './forward.wgsl?raw';
import gradKeyValueBody from './grad-key-value.wgsl?raw';
import gradQueryBody from './grad-query.wgsl?raw';
import visible from './visible.wgsl?raw';

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
  source: [random, visible, blocks, products('query_key', 'qkv', 'qkv'), forwardBody].join('\n'),
  inputs: ['qkv', 'mask', 'key'],
  outputs: ['output', 'statistics'],
  uniforms: UNIFORMS,
});
const gradQueryKernel = defineKernel({
  name: 'attention-grad-query',
  source: [
    random,
    visible,
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
    visible,
    blocks,
    products('query_key', 'qkv', 'qkv'),
    products('value_output', 'qkv', 'doutput'),
    gradKeyValueBody,
  ].join('\n'),
  inputs: ['qkv', 'mask', 'key', 'doutput', 'statistics'],
  outputs: ['dqkv'],
  uniforms: UNIFORMS,
});

function forward(backend: AtelierBackend, qkv: Tensor, mask: Tensor, attrs: Attrs): TensorInfo[] {
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

function backward(
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

export const flash: AttentionForm = { forward, backward };
