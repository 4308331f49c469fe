// The Adagrad update (Duchi et al., 2011) as torch.optim.Adagrad, in place.

import type { Tensor, Variable } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { activeWebGpu } from '#gpu/webgpu-backend.ts';
import { defineParameterUpdate, type ParameterStep } from '../shared/parameter-update.ts';
import { STATE } from '../update-state/update-state.ts';
import source from './adagrad-step.wgsl?raw';

const update = defineParameterUpdate({
  name: 'adagrad-step',
  source,
  beside: ['sum'],
  uniforms: { lr_decay: 'f32', eps: 'f32' },
});

export interface AdagradStep extends ParameterStep {
  /** f32 sums of squared gradients, of the size of p. */
  readonly sum: Tensor;
  readonly lrDecay: number;
  readonly eps: number;
}

/**
 * g ← g + wd·p; s ← s + g²; p ← p − lr/(1 + (t−1)·decay) · g / (√s + eps). On other backends than WebGPU p and s are
 * variables and are updated as a whole.
 */
export function adagradStep(step: AdagradStep): void {
  const backend = activeWebGpu();
  if (!backend) {
    reference(step);
    return;
  }
  const { sum, lrDecay, eps } = step;
  update(backend, step, { beside: { sum }, uniforms: { lr_decay: lrDecay, eps } });
}

/** The definition in plain operations. Exported for the kernel's test. */
export function reference(step: AdagradStep): void {
  const { grad, state, lr, lrDecay, eps, weightDecay } = step;
  const [p, sum] = [step.p as Variable, step.sum as Variable];
  tf.tidy(() => {
    const values = state.dataSync();
    if (values[STATE.foundInf] !== 0) return;
    const g = tf.add(tf.mul(grad, values[STATE.gradFactor]!), tf.mul(p, weightDecay));
    sum.assign(tf.add(sum, tf.square(g)));
    const rate = tf.div(lr, 1 + (values[STATE.step]! - 1) * lrDecay);
    p.assign(tf.sub(p, tf.mul(rate, tf.div(g, tf.add(tf.sqrt(sum), eps)))));
  });
}
