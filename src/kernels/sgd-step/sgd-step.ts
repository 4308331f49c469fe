// The SGD update as torch.optim.SGD (coupled weight decay, momentum, dampening, Nesterov), in place.

import type { Tensor, Variable } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { activeWebGpu } from '#gpu/webgpu-backend.ts';
import { absent, defineParameterUpdate, type ParameterStep } from '../shared/parameter-update.ts';
import { STATE } from '../update-state/update-state.ts';
import body from './sgd-step.wgsl?raw';

const define = (momentum: boolean) =>
  defineParameterUpdate({
    name: momentum ? 'sgd-momentum-step' : 'sgd-step',
    source: momentum ? body : `${absent('buffer')}\n${body}`,
    beside: momentum ? ['buffer'] : [],
    uniforms: { momentum: 'f32', dampening: 'f32' },
  });
const updates = { plain: define(false), momentum: define(true) };

export interface SgdStep extends ParameterStep {
  /** f32 momentum buffers, of the size of p; null without momentum. */
  readonly buffer: Tensor | null;
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;
}

/**
 * g ← g + wd·p; b ← g at first, then μ·b + (1−damp)·g; p ← p − lr·(b, or g + μ·b with Nesterov). On other backends than
 * WebGPU p and b are variables and are updated as a whole.
 */
export function sgdStep(step: SgdStep): void {
  const backend = activeWebGpu();
  if (!backend) {
    reference(step);
    return;
  }
  const { buffer, momentum, dampening, nesterov } = step;
  (buffer ? updates.momentum : updates.plain)(backend, step, {
    beside: buffer ? { buffer } : {},
    uniforms: { momentum, dampening },
    constants: { HAS_MOMENTUM: buffer !== null, NESTEROV: nesterov },
  });
}

/** The definition in plain operations. Exported for the kernel's test. */
export function reference(step: SgdStep): void {
  const { grad, state, lr, momentum, dampening, nesterov, weightDecay } = step;
  const [p, buffer] = [step.p as Variable, step.buffer as Variable | null];
  tf.tidy(() => {
    const values = state.dataSync();
    if (values[STATE.foundInf] !== 0) return;
    const g = tf.add(tf.mul(grad, tf.slice(state, [STATE.gradFactor], [1])), tf.mul(p, weightDecay));
    let d = g;
    if (buffer) {
      buffer.assign(
        values[STATE.step] === 1 ? tf.clone(g) : tf.add(tf.mul(buffer, momentum), tf.mul(g, 1 - dampening)),
      );
      d = nesterov ? tf.add(g, tf.mul(buffer, momentum)) : tf.clone(buffer);
    }
    p.assign(tf.sub(p, tf.mul(lr, d)));
  });
}
