// The AdamW update (Loshchilov and Hutter, 2019) as torch.optim.AdamW, in place, one dispatch a range.

import type { Tensor, Variable } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { activeWebGpu } from '#gpu/webgpu-backend.ts';
import { defineParameterUpdate, type ParameterStep } from '../shared/parameter-update.ts';
import { STATE } from '../update-state/update-state.ts';
import source from './adamw-step.wgsl?raw';

const update = defineParameterUpdate({
  name: 'adamw-step',
  source,
  beside: ['m', 'v'],
  uniforms: { beta2: 'f32', rest1: 'f32', rest2: 'f32', eps: 'f32' },
});

export interface AdamWStep extends ParameterStep {
  /** f32 first and second moments, of the size of p. */
  readonly m: Tensor;
  readonly v: Tensor;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
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
  const { m, v, beta1, beta2, eps } = step;
  update(backend, step, { beside: { m, v }, uniforms: { beta2, rest1: 1 - beta1, rest2: 1 - beta2, eps } });
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
