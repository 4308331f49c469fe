// Layer normalisation over the last axis (Ba et al., 2016), as torch.nn.LayerNorm.

import type { Tensor, TensorInfo } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { deliver, type GradientTarget, gradientTarget, takeGradient } from '#gpu/backward.ts';
import { defineKernel, linearGrid } from '#gpu/define-kernel.ts';
import { defineOperation } from '#gpu/define-operation.ts';
import { canBeHalf, type HalfStorage, storageOf } from '#gpu/tensor-storage.ts';
import { type AtelierBackend, activeWebGpu } from '#gpu/webgpu-backend.ts';
import { rowAccess } from '../shared/row-access.ts';
import rowSum from '../shared/row-sum.wgsl?raw';
import { sumParts } from '../shared/sum-parts.ts';
import joinBody from './join-partials.wgsl?raw';
import forwardBody from './layer-norm.wgsl?raw';
import gradBody from './layer-norm-grad.wgsl?raw';

type Storage = HalfStorage | 'f32';

const NO_BETA = 'fn beta_row(base: u32, i: u32) -> vec4<f32> { return vec4<f32>(0.0); }';

const defineForward = (vector: boolean, beta: boolean) =>
  defineKernel({
    name: `layer-norm${beta ? '' : '-unshifted'}${vector ? '' : '-scalar'}`,
    source: [
      rowSum,
      rowAccess(['x', 'gamma', ...(beta ? ['beta'] : [])], ['y'], vector),
      beta ? '' : NO_BETA,
      forwardBody,
    ].join('\n'),
    inputs: ['x', 'gamma', ...(beta ? ['beta'] : [])],
    outputs: ['y', 'statistics'],
    uniforms: { rows: 'u32', columns: 'u32', eps: 'f32' },
  });

const NO_ADDEND = 'fn addend_row(base: u32, i: u32) -> vec4<f32> { return vec4<f32>(0.0); }';

const defineGrad = (vector: boolean, addend: boolean) =>
  defineKernel({
    name: `layer-norm-grad${addend ? '-add' : ''}${vector ? '' : '-scalar'}`,
    source: [
      rowSum,
      rowAccess(['x', 'dy', 'gamma', ...(addend ? ['addend'] : [])], ['dx', 'partials'], vector),
      addend ? '' : NO_ADDEND,
      gradBody,
    ].join('\n'),
    inputs: ['x', 'gamma', 'statistics', 'dy', ...(addend ? ['addend'] : [])],
    outputs: ['dx', 'partials'],
    uniforms: { rows: 'u32', columns: 'u32', part_rows: 'u32' },
  });

const kernels = [false, true].map((vector) => ({
  forward: defineForward(vector, true),
  forwardUnshifted: defineForward(vector, false),
  grad: defineGrad(vector, false),
  gradAdd: defineGrad(vector, true),
}));

const joinKernel = defineKernel({
  name: 'layer-norm-join',
  source: joinBody,
  inputs: ['partials'],
  outputs: ['dgamma', 'dbeta'],
  uniforms: { columns: 'u32', parts: 'u32' },
});

/** Workgroups that share the rows in the backward pass: enough to fill a device, few enough to join quickly. */
const PARTS = 128;

const sizes = (x: TensorInfo): { rows: number; columns: number } => {
  const columns = x.shape[x.shape.length - 1]!;
  return { rows: x.shape.reduce((product, n) => product * n, 1) / columns, columns };
};
const kernelsFor = (columns: number) => kernels[columns % 4 === 0 ? 1 : 0]!;

/** [rows] mean and rstd as columns of x's rank. */
function splitStatistics(x: Tensor, statistics: Tensor): { mean: Tensor; rstd: Tensor } {
  const { rows } = sizes(x);
  const shape = [...x.shape.slice(0, -1), 1];
  const of = (first: number): Tensor => tf.reshape(tf.slice(statistics, [first], [rows]), shape);
  return { mean: of(0), rstd: of(rows) };
}

interface GradAttrs {
  readonly hasBeta: boolean;
  /** Where the gradients of gamma and beta go; null: into new tensors. */
  readonly into: { readonly gamma: GradientTarget; readonly beta: GradientTarget | null } | null;
}

/** → dx, dgamma and, where there is a beta, dbeta; the last two only where they do not go elsewhere. */
const backward = defineOperation<'x' | 'gamma' | 'statistics' | 'dy' | 'addend', GradAttrs>({
  name: 'AtelierLayerNormGrad',
  reference: ({ x, gamma, statistics, dy }, { hasBeta }) => {
    const { mean, rstd } = splitStatistics(x, statistics);
    const { rows, columns } = sizes(x);
    const xhat = tf.mul(tf.sub(x, mean), rstd);
    const g = tf.mul(dy, gamma);
    const centred = tf.sub(tf.sub(g, tf.mean(g, -1, true)), tf.mul(xhat, tf.mean(tf.mul(g, xhat), -1, true)));
    const columnSum = (t: Tensor): Tensor => tf.sum(tf.reshape(t, [rows, columns]), 0);
    return [tf.mul(centred, rstd), columnSum(tf.mul(dy, xhat)), ...(hasBeta ? [columnSum(dy)] : [])];
  },
  webgpu: (backend, { x, gamma, statistics, dy, addend }, { hasBeta, into }) => {
    const { rows, columns } = sizes(x);
    const partRows = Math.ceil(rows / PARTS);
    const parts = Math.ceil(rows / partRows);
    const dx = backend.makeOutput(x.shape, storageOf(x) as Storage);
    const partials = backend.makeOutput([parts, 2 * columns], 'f32');
    const { grad, gradAdd } = kernelsFor(columns);
    (addend ? gradAdd : grad).run(backend, {
      inputs: { x, gamma, statistics, dy, ...(addend ? { addend } : {}) },
      outputs: { dx, partials },
      uniforms: { rows, columns, part_rows: partRows },
      constants: { COLUMN_GROUPS: Math.ceil(columns / 4) },
      workgroupSize: backend.rowLanes,
      grid: [parts, 1, 1],
    });
    const accumulate = into?.gamma.accumulate ?? false;
    const dgamma = into?.gamma.tensor ?? backend.makeOutput([columns], 'f32');
    const dbeta = hasBeta ? (into?.beta?.tensor ?? backend.makeOutput([columns], 'f32')) : null;
    if (dbeta) joinPartials(backend, partials, dgamma, dbeta, accumulate);
    else sumParts(backend, partials, 0, dgamma, accumulate);
    backend.disposeData(partials.dataId);
    return into ? [dx] : [dx, dgamma, ...(dbeta ? [dbeta] : [])];
  },
});

function joinPartials(
  backend: AtelierBackend,
  partials: TensorInfo,
  dgamma: TensorInfo,
  dbeta: TensorInfo,
  accumulate: boolean,
): void {
  const [parts, columns] = [partials.shape[0]!, dgamma.shape[0]!];
  joinKernel.run(backend, {
    inputs: { partials },
    outputs: { dgamma, dbeta },
    uniforms: { columns, parts },
    constants: { ACCUMULATE: accumulate },
    grid: [Math.ceil(columns / 64), 1, 1],
  });
}

interface Attrs {
  readonly eps: number;
  readonly storage: Storage;
}

type Inputs = 'x' | 'gamma' | 'beta';

/** One operation with a shift and one without: what is saved has names of its own. */
const defineLayerNorm = (hasBeta: boolean) =>
  defineOperation<Inputs, Attrs>({
    name: hasBeta ? 'AtelierLayerNorm' : 'AtelierLayerNormUnshifted',
    reference: ({ x, gamma, beta }, { eps }) => {
      const { rows } = sizes(x);
      const mean = tf.mean(x, -1, true);
      const rstd = tf.rsqrt(tf.add(tf.mean(tf.square(tf.sub(x, mean)), -1, true), eps));
      const scaled = tf.mul(tf.mul(tf.sub(x, mean), rstd), gamma);
      const y = hasBeta ? tf.add(scaled, beta) : scaled;
      return [y, tf.concat([tf.reshape(mean, [rows]), tf.reshape(rstd, [rows])])];
    },
    webgpu: (backend, inputs, attrs) => forward(backend, inputs, attrs),
    gradient: {
      inputsToSave: hasBeta ? ['x', 'gamma', 'beta'] : ['x', 'gamma'],
      outputsToSave: [false, true],
      grad: ([dy], { x, gamma, beta }, [statistics]) => {
        const targets = { gamma: gradientTarget(gamma!), beta: beta ? gradientTarget(beta) : null };
        const together = !beta || (targets.beta && targets.gamma?.accumulate === targets.beta.accumulate);
        const into = targets.gamma && together ? { ...targets, gamma: targets.gamma } : null;
        const addend = activeWebGpu() ? takeGradient('x') : null;
        const saved = { x: x!, gamma: gamma!, statistics: statistics!, dy: dy! };
        const [dx, dgamma, dbeta] = backward(addend ? { ...saved, addend } : saved, { hasBeta, into });
        return {
          x: () => dx!,
          gamma: () => (dgamma ? deliver(dgamma, targets.gamma) : undefined),
          beta: () => (dbeta ? deliver(dbeta, targets.beta) : undefined),
        };
      },
    },
  });

const operations = { shifted: defineLayerNorm(true), unshifted: defineLayerNorm(false) };

function forward(
  backend: AtelierBackend,
  { x, gamma, beta }: Readonly<Record<'x' | 'gamma', Tensor>> & { readonly beta?: Tensor },
  { eps, storage }: Attrs,
): TensorInfo[] {
  const { rows, columns } = sizes(x);
  const y = backend.makeOutput(x.shape, canBeHalf(x.shape) ? storage : 'f32');
  const statistics = backend.makeOutput([2 * rows], 'f32');
  const { forward: shifted, forwardUnshifted } = kernelsFor(columns);
  (beta ? shifted : forwardUnshifted).run(backend, {
    inputs: { x, gamma, ...(beta ? { beta } : {}) },
    outputs: { y, statistics },
    uniforms: { rows, columns, eps },
    workgroupSize: backend.rowLanes,
    grid: linearGrid(rows),
  });
  return [y, statistics];
}

/**
 * @param x [..., D] of any storage.
 * @param gamma f32 [D] scale, `weight` in PyTorch.
 * @param beta f32 [D] shift, `bias` in PyTorch; null: none.
 * @param eps added to the variance.
 * @param storage of the result, where its shape allows halves. Default f32.
 * @returns [..., D]
 */
export function layerNorm(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor | null,
  eps: number,
  storage: HalfStorage | 'f32' = 'f32',
): Tensor {
  if (beta) return operations.shifted({ x, gamma, beta }, { eps, storage })[0]!;
  return operations.unshifted({ x, gamma }, { eps, storage })[0]!;
}
