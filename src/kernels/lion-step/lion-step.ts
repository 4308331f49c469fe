// The Lion update (Chen et al., 2023) with decoupled weight decay, as bitsandbytes' 32-bit Lion, in place.

import type { Tensor, Variable } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { activeWebGpu } from '#gpu/webgpu-backend.ts';
import { defineParameterUpdate, type ParameterStep } from '../shared/parameter-update.ts';
import { STATE } from '../update-state/update-state.ts';
import source from './lion-step.wgsl?raw';

const update = defineParameterUpdate({
  name: 'lion-step',
  source,
  beside: ['m'],
  uniforms: { beta1: 'f32', beta2: 'f32', rest1: 'f32', rest2: 'f32' },
});

export interface LionStep extends ParameterStep {
  /** f32 running means of the gradients, of the size of p. */
  readonly m: Tensor;
  readonly beta1: number;
  readonly beta2: number;
}

/**
 * p ← p·(1 − lr·wd) − lr · sign(β₁·m + (1−β₁)·g); m ← β₂·m + (1−β₂)·g. On other backends than WebGPU p and m are
 * variables and are updated as a whole.
 */
export function lionStep(step: LionStep): void {
  const backend = activeWebGpu();
  if (!backend) {
    reference(step);
    return;
  }
  const { m, beta1, beta2 } = step;
  update(backend, step, { beside: { m }, uniforms: { beta1, beta2, rest1: 1 - beta1, rest2: 1 - beta2 } });
}

/** The definition in plain operations. Exported for the kernel's test. */
export function reference(step: LionStep): void {
  const { grad, state, lr, beta1, beta2, weightDecay } = step;
  const [p, m] = [step.p as Variable, step.m as Variable];
  tf.tidy(() => {
    const values = state.dataSync();
    if (values[STATE.foundInf] !== 0) return;
    const g = tf.mul(grad, values[STATE.gradFactor]!);
    const d = tf.sign(tf.add(tf.mul(m, beta1), tf.mul(g, 1 - beta1)));
    m.assign(tf.add(tf.mul(m, beta2), tf.mul(g, 1 - beta2)));
    p.assign(tf.sub(tf.mul(p, tf.sub(1, tf.mul(lr, weightDecay))), tf.mul(lr, d)));
  });
}
