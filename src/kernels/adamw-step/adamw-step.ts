// The AdamW update (Loshchilov and Hutter, 2019) as torch.optim.AdamW, in place, one dispatch a parameter.

import type { Tensor, Variable } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineKernel, linearGrid } from '#gpu/define-kernel.ts';
import { activeWebGpu } from '#gpu/webgpu-backend.ts';
import { NO_HALF } from '../shared/half-copy.ts';
import { STATE } from '../update-state/update-state.ts';
import body from './adamw-step.wgsl?raw';

const define = (half: boolean) =>
  defineKernel({
    name: half ? 'adamw-step-half' : 'adamw-step',
    source: half ? body : `${NO_HALF}\n${body}`,
    inputs: ['grad', 'state', 'lr'],
    outputs: ['p', 'm', 'v', ...(half ? ['half'] : [])],
    uniforms: { first: 'u32', size: 'u32', beta2: 'f32', rest1: 'f32', rest2: 'f32', eps: 'f32', weight_decay: 'f32' },
  });
const kernels = { plain: define(false), half: define(true) };

export interface AdamWStep {
  /** f32 parameters, first and second moments: elements [first, first + size) are updated in place. */
  readonly p: Tensor;
  readonly m: Tensor;
  readonly v: Tensor;
  /** Half-precision copies of p, written along; null where there are none. */
  readonly half: Tensor | null;
  readonly first: number;
  readonly size: number;
  /** f32 of the same size as p, scaled by the loss scale and not yet clipped. */
  readonly grad: Tensor;
  /** See update-state.ts, after `advanceUpdateState` of this step. */
  readonly state: Tensor;
  /** f32 [1] learning rate of this step. */
  readonly lr: Tensor;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
}

/**
 * p ← p·(1 − lr·wd) − lr/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + eps), with m and v the running means of g and g². On
 * other backends than WebGPU p, m and v are variables and are updated as a whole.
 */
export function adamWStep(step: AdamWStep): void {
  const backend = activeWebGpu();
  if (!backend) {
    reference(step);
    return;
  }
  const { p, m, v, half, first, size, grad, state, lr, beta1, beta2, eps, weightDecay } = step;
  (half ? kernels.half : kernels.plain).run(backend, {
    inputs: { grad, state, lr },
    outputs: { p, m, v, ...(half ? { half } : {}) },
    uniforms: { first, size, beta2, rest1: 1 - beta1, rest2: 1 - beta2, eps, weight_decay: weightDecay },
    grid: linearGrid(Math.ceil(size / 256)),
  });
}

/** The definition in plain operations. Exported for the kernel's test. */
export function reference(step: AdamWStep): void {
  const { grad, state, lr, beta1, beta2, eps, weightDecay } = step;
  const [p, m, v] = [step.p as Variable, step.m as Variable, step.v as Variable];
  tf.tidy(() => {
    const at = (place: number): Tensor => tf.slice(state, [place], [1]);
    if (at(STATE.foundInf).dataSync()[0] !== 0) return;
    const g = tf.mul(grad, at(STATE.gradFactor));
    m.assign(tf.add(m, tf.mul(tf.sub(g, m), 1 - beta1)));
    v.assign(tf.add(tf.mul(v, beta2), tf.mul(tf.square(g), 1 - beta2)));
    const denominator = tf.add(tf.div(tf.sqrt(v), tf.sqrt(at(STATE.biasCorrection2))), eps);
    const decayed = tf.mul(p, tf.sub(1, tf.mul(lr, weightDecay)));
    p.assign(tf.sub(decayed, tf.mul(tf.div(lr, at(STATE.biasCorrection1)), tf.div(m, denominator))));
  });
}
