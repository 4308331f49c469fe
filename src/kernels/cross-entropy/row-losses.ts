// The cross-entropy of rows of logits and its gradient, for the operations that have logits of all rows or of some at a
// time.

import type { TensorInfo } from '@tensorflow/tfjs';
import { defineKernel, linearGrid } from '#gpu/define-kernel.ts';
import type { AtelierBackend } from '#gpu/webgpu-backend.ts';
import { IGNORE_INDEX } from '#util/ignore-index.ts';
import { rowAccess } from '../shared/row-access.ts';
import rowMax from '../shared/row-max.wgsl?raw';
import rowSum from '../shared/row-sum.wgsl?raw';
import body from './cross-entropy.wgsl?raw';
import gradBody from './cross-entropy-grad.wgsl?raw';
import softCap from './soft-capped.wgsl?raw';
import sumBody from './sum-rows.wgsl?raw';

const UNIFORMS = { first: 'u32', rows: 'u32', all: 'u32', columns: 'u32', smoothing: 'f32', cap: 'f32' } as const;
const IGNORED = `const IGNORED: i32 = ${IGNORE_INDEX};`;

const kernels = [false, true].map((vector) => ({
  forward: defineKernel({
    name: vector ? 'cross-entropy' : 'cross-entropy-scalar',
    source: [IGNORED, rowMax, rowSum, softCap, rowAccess(['logits'], [], vector), body].join('\n'),
    inputs: ['logits', 'labels'],
    outputs: ['rows'],
    uniforms: UNIFORMS,
  }),
  grad: defineKernel({
    name: vector ? 'cross-entropy-grad' : 'cross-entropy-grad-scalar',
    source: [IGNORED, softCap, rowAccess(['logits'], ['dlogits'], vector), gradBody].join('\n'),
    inputs: ['logits', 'labels', 'rows', 'scale', 'dloss'],
    outputs: ['dlogits'],
    uniforms: UNIFORMS,
  }),
  gradInPlace: defineKernel({
    name: vector ? 'cross-entropy-grad-in-place' : 'cross-entropy-grad-in-place-scalar',
    source: [
      IGNORED,
      softCap,
      rowAccess(['logits'], ['logits'], vector),
      gradBody.replace('dlogits_row_set', 'logits_row_set'),
    ].join('\n'),
    inputs: ['labels', 'rows', 'scale', 'dloss'],
    outputs: ['logits'],
    uniforms: UNIFORMS,
  }),
}));
const kernelsFor = (columns: number) => kernels[columns % 4 === 0 ? 1 : 0]!;

const sumKernel = defineKernel({
  name: 'cross-entropy-sum',
  source: `${rowSum}\n${sumBody}`,
  inputs: ['rows', 'scale'],
  outputs: ['loss'],
  uniforms: { rows: 'u32' },
});

/** Logits of `count` rows, from row `first` of `all` on. */
export interface RowsOfLogits {
  /** [count or more, C] of any storage. */
  readonly logits: TensorInfo;
  readonly first: number;
  readonly count: number;
  readonly all: number;
  readonly columns: number;
  /** int32 [all] */
  readonly labels: TensorInfo;
  /** f32 [2 · all]: the losses of all rows, then their log-sum-exp. */
  readonly rows: TensorInfo;
  readonly smoothing: number;
  /** Logits are softly limited to ± cap first; 0: they are not. */
  readonly cap: number;
}

const callOf = ({ first, count, all, columns, smoothing, cap }: RowsOfLogits) => ({
  uniforms: { first, rows: count, all, columns, smoothing, cap },
  constants: { CAPPED: cap > 0 },
});

/** Writes the rows' parts of `rows`. */
export function rowLosses(backend: AtelierBackend, given: RowsOfLogits): void {
  const { logits, labels, rows, columns, count } = given;
  kernelsFor(columns).forward.run(backend, {
    inputs: { logits, labels },
    outputs: { rows },
    ...callOf(given),
    workgroupSize: backend.rowLanes,
    grid: linearGrid(count),
  });
}

/** f32 []: scale · the sum of the losses of all rows. */
export function sumOfLosses(backend: AtelierBackend, rows: TensorInfo, scale: TensorInfo, all: number): TensorInfo {
  const loss = backend.makeOutput([], 'f32');
  sumKernel.run(backend, {
    inputs: { rows, scale },
    outputs: { loss },
    uniforms: { rows: all },
    workgroupSize: backend.rowLanes,
    grid: [1, 1, 1],
  });
  return loss;
}

/** @param dlogits where the gradient of the logits is written to; null: in place of the logits. */
export function gradLogits(
  backend: AtelierBackend,
  given: RowsOfLogits & { readonly scale: TensorInfo; readonly dloss: TensorInfo },
  dlogits: TensorInfo | null,
): void {
  const { logits, labels, rows, scale, dloss, columns, count } = given;
  const { grad, gradInPlace } = kernelsFor(columns);
  (dlogits ? grad : gradInPlace).run(backend, {
    inputs: { labels, rows, scale, dloss, ...(dlogits ? { logits } : {}) },
    outputs: dlogits ? { dlogits } : { logits },
    ...callOf(given),
    grid: linearGrid(Math.ceil((count * Math.ceil(columns / 4)) / 64)),
  });
}
