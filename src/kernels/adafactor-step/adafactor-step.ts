// The Adafactor update (Shazeer and Stern, 2018) as transformers' Trainer sets it up: a rate from outside, no first moment,
// no scaling by the size of the parameter. In place, a few dispatches a parameter, all sums in a fixed order.

import type { Tensor, TensorInfo, Variable } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineKernel, linearGrid } from '#gpu/define-kernel.ts';
import { type AtelierBackend, activeWebGpu } from '#gpu/webgpu-backend.ts';
import { NO_HALF, type ParameterStep } from '../shared/parameter-update.ts';
import rowSum from '../shared/row-sum.wgsl?raw';
import { STATE } from '../update-state/update-state.ts';
import applyBody from './apply.wgsl?raw';
import columnsBody from './columns.wgsl?raw';
import decay from './decay.wgsl?raw';
import direction from './direction.wgsl?raw';
import joinColumns from './join-columns.wgsl?raw';
import normBody from './norm.wgsl?raw';
import rowMean from './row-mean.wgsl?raw';
import rowsBody from './rows.wgsl?raw';
import vectorBody from './vector.wgsl?raw';

/** Exponent of the step in 1 − β₂, and what is added to a squared gradient. */
const DECAY_RATE = -0.8;
const SMALLEST = 1e-30;
/** Elements that a workgroup updates. */
const CHUNK = 1024;
/** Most parts of a sum over columns and over elements. */
const COLUMN_PARTS = 64;
const NORM_PARTS = 256;

const PLACES = { first: 'u32', row_first: 'u32', column_first: 'u32' } as const;
const kernels = {
  rows: defineKernel({
    name: 'adafactor-rows',
    source: [rowSum, decay, rowsBody].join('\n'),
    inputs: ['grad', 'state'],
    outputs: ['factors'],
    uniforms: { first: 'u32', row_first: 'u32', rows: 'u32', columns: 'u32', decay_rate: 'f32' },
  }),
  columns: defineKernel({
    name: 'adafactor-columns',
    source: [decay, columnsBody].join('\n'),
    inputs: ['grad', 'state'],
    outputs: ['sums'],
    uniforms: { first: 'u32', rows: 'u32', columns: 'u32', parts: 'u32', rows_a_part: 'u32', decay_rate: 'f32' },
  }),
  joinColumns: defineKernel({
    name: 'adafactor-join-columns',
    source: joinColumns,
    inputs: ['sums', 'state'],
    outputs: ['factors'],
    uniforms: { column_first: 'u32', rows: 'u32', columns: 'u32', parts: 'u32', decay_rate: 'f32' },
  }),
  rowMean: defineKernel({
    name: 'adafactor-row-mean',
    source: [rowSum, rowMean].join('\n'),
    inputs: ['factors'],
    outputs: ['scratch'],
    uniforms: { row_first: 'u32', rows: 'u32' },
  }),
  vector: defineKernel({
    name: 'adafactor-vector',
    source: [decay, vectorBody].join('\n'),
    inputs: ['grad', 'state'],
    outputs: ['factors'],
    uniforms: { first: 'u32', row_first: 'u32', size: 'u32', decay_rate: 'f32' },
  }),
  norm: defineKernel({
    name: 'adafactor-norm',
    source: [rowSum, direction, normBody].join('\n'),
    inputs: ['grad', 'state', 'factors'],
    outputs: ['scratch'],
    uniforms: { ...PLACES, columns: 'u32', size: 'u32', parts: 'u32', elements_a_part: 'u32' },
  }),
  apply: [false, true].map((half) =>
    defineKernel({
      name: half ? 'adafactor-apply-half' : 'adafactor-apply',
      source: [half ? '' : NO_HALF, rowSum, direction, applyBody].join('\n'),
      inputs: ['grad', 'state', 'lr', 'factors', 'scratch'],
      outputs: ['p', ...(half ? ['half'] : [])],
      uniforms: { ...PLACES, columns: 'u32', size: 'u32', parts: 'u32', weight_decay: 'f32' },
    }),
  ),
};

/** The running means of squared gradients of a parameter. */
export interface Factors {
  /** f32: those of the rows [R] and columns [C] of a matrix, or one for each element (`column` null). */
  readonly row: Tensor;
  readonly column: Tensor | null;
  /** On WebGPU a tensor that holds both, and where they begin. */
  readonly all: Tensor;
  readonly rowFirst: number;
  readonly columnFirst: number;
}

/** `size` is that of one parameter, whose first element is `first`. */
export interface AdafactorStep extends ParameterStep {
  /** Of the parameter: [R, C] for a matrix. */
  readonly shape: readonly number[];
  readonly factors: Factors;
}

/**
 * β = 1 − t^(−0.8); R and C run with β after the means of g² + 1e-30 over columns and rows; û = g / (√(R/mean R)·√C),
 * or g/√V elementwise; p ← p·(1 − lr·wd) − lr · û / max(1, rms û). On other backends than WebGPU p and the factors are
 * variables.
 */
export function adafactorStep(step: AdafactorStep): void {
  const backend = activeWebGpu();
  if (!backend) {
    reference(step);
    return;
  }
  const parts = Math.min(NORM_PARTS, Math.ceil(step.size / CHUNK));
  const scratch = backend.makeOutput([1 + parts], 'f32');
  if (step.factors.column) runMatrix(backend, step, scratch);
  else runVector(backend, step);
  runUpdate(backend, step, scratch, parts);
  backend.disposeData(scratch.dataId);
}

function runMatrix(
  backend: AtelierBackend,
  { grad, state, first, shape, factors }: AdafactorStep,
  scratch: TensorInfo,
) {
  const [rows, columns] = shape as [number, number];
  const { all, rowFirst: row_first, columnFirst: column_first } = factors;
  const decayRate = { decay_rate: DECAY_RATE };
  kernels.rows.run(backend, {
    inputs: { grad, state },
    outputs: { factors: all },
    uniforms: { first, row_first, rows, columns, ...decayRate },
    workgroupSize: backend.rowLanes,
    grid: linearGrid(rows),
  });
  const rowsAPart = Math.ceil(rows / COLUMN_PARTS);
  const parts = Math.ceil(rows / rowsAPart);
  const sums = backend.makeOutput([parts, columns], 'f32');
  kernels.columns.run(backend, {
    inputs: { grad, state },
    outputs: { sums },
    uniforms: { first, rows, columns, parts, rows_a_part: rowsAPart, ...decayRate },
    grid: [Math.ceil(columns / 64), parts, 1],
  });
  kernels.joinColumns.run(backend, {
    inputs: { sums, state },
    outputs: { factors: all },
    uniforms: { column_first, rows, columns, parts, ...decayRate },
    grid: [Math.ceil(columns / 64), 1, 1],
  });
  kernels.rowMean.run(backend, {
    inputs: { factors: all },
    outputs: { scratch },
    uniforms: { row_first, rows },
    workgroupSize: backend.rowLanes,
    grid: [1, 1, 1],
  });
  backend.disposeData(sums.dataId);
}

function runVector(backend: AtelierBackend, { grad, state, first, size, factors }: AdafactorStep): void {
  kernels.vector.run(backend, {
    inputs: { grad, state },
    outputs: { factors: factors.all },
    uniforms: { first, row_first: factors.rowFirst, size, decay_rate: DECAY_RATE },
    grid: linearGrid(Math.ceil(size / 64)),
  });
}

function runUpdate(backend: AtelierBackend, step: AdafactorStep, scratch: TensorInfo, parts: number): void {
  const { p, half, grad, state, lr, first, size, shape, weightDecay, factors } = step;
  const { all, rowFirst: row_first, columnFirst: column_first } = factors;
  const constants = { VECTOR: factors.column === null };
  const places = { first, row_first, column_first, columns: shape[1] ?? 1, size, parts };
  kernels.norm.run(backend, {
    inputs: { grad, state, factors: all },
    outputs: { scratch },
    uniforms: { ...places, elements_a_part: Math.ceil(size / parts) },
    constants,
    workgroupSize: backend.rowLanes,
    grid: linearGrid(parts),
  });
  kernels.apply[half ? 1 : 0]!.run(backend, {
    inputs: { grad, state, lr, factors: all, scratch },
    outputs: { p, ...(half ? { half } : {}) },
    uniforms: { ...places, weight_decay: weightDecay },
    constants: { ...constants, CHUNK },
    workgroupSize: backend.rowLanes,
    grid: linearGrid(Math.ceil(size / CHUNK)),
  });
}

/** The definition in plain operations. */
function reference(step: AdafactorStep): void {
  const { grad, state, lr, weightDecay, factors } = step;
  const p = step.p as Variable;
  tf.tidy(() => {
    const values = state.dataSync();
    if (values[STATE.foundInf] !== 0) return;
    const kept = 1 - values[STATE.step]! ** DECAY_RATE;
    const g = tf.mul(grad, values[STATE.gradFactor]!);
    const squares = tf.add(tf.square(g), SMALLEST);
    const follow = (mean: Tensor, now: Tensor): void =>
      (mean as Variable).assign(tf.add(tf.mul(mean, kept), tf.mul(now, 1 - kept)));
    follow(factors.row, factors.column ? tf.mean(squares, 1) : squares);
    if (factors.column) follow(factors.column, tf.mean(squares, 0));
    const root = factors.column
      ? tf.mul(tf.sqrt(tf.div(factors.row, tf.mean(factors.row))).expandDims(1), tf.sqrt(factors.column).expandDims(0))
      : tf.sqrt(factors.row);
    const d = tf.div(g, root);
    const rms = tf.sqrt(tf.mean(tf.square(d)));
    const decayed = tf.mul(p, tf.sub(1, tf.mul(lr, weightDecay)));
    p.assign(tf.sub(decayed, tf.mul(tf.div(lr, tf.maximum(rms, 1)), d)));
  });
}
