// The RMSprop update as torch.optim.RMSprop (coupled weight decay, momentum, centred), in place.

import type { Tensor, Variable } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { activeWebGpu } from '#gpu/webgpu-backend.ts';
import { absent, defineParameterUpdate, type ParameterStep, type ParameterUpdate } from '../shared/parameter-update.ts';
import { STATE } from '../update-state/update-state.ts';
import body from './rmsprop-step.wgsl?raw';

function define(optional: readonly string[]): ParameterUpdate {
  const missing = ['buffer', 'average'].filter((name) => !optional.includes(name));
  return defineParameterUpdate({
    name: ['rmsprop', ...optional, 'step'].join('-'),
    source: [...missing.map(absent), body].join('\n'),
    beside: ['v', ...optional],
    uniforms: { alpha: 'f32', rest: 'f32', eps: 'f32', momentum: 'f32' },
  });
}
const updates = new Map(
  [[], ['buffer'], ['average'], ['buffer', 'average']].map((optional) => [optional.join(), define(optional)]),
);

export interface RmspropStep extends ParameterStep {
  /** f32 running means of the squared gradients, of the size of p. */
  readonly v: Tensor;
  /** f32 momentum buffers; null without momentum. */
  readonly buffer: Tensor | null;
  /** f32 running means of the gradients; null unless centred. */
  readonly average: Tensor | null;
  readonly alpha: number;
  readonly eps: number;
  readonly momentum: number;
}

/**
 * g ← g + wd·p; v ← α·v + (1−α)·g²; centred: a ← a + (1−α)·(g − a), v − a² in place of v; d = g / (√v + eps); with
 * momentum b ← μ·b + d in place of d; p ← p − lr·d. On other backends than WebGPU p and what lies beside it are
 * variables and are updated as a whole.
 *
 * Centred, with momentum and an f16 copy a dispatch would bind nine buffers, of which a device may allow eight: give no
 * `half` then, and make the copy anew.
 */
export function rmspropStep(step: RmspropStep): void {
  const backend = activeWebGpu();
  if (!backend) {
    reference(step);
    return;
  }
  const { v, buffer, average, alpha, eps, momentum } = step;
  const optional = { ...(buffer ? { buffer } : {}), ...(average ? { average } : {}) };
  updates.get(Object.keys(optional).join())!(backend, step, {
    beside: { v, ...optional },
    uniforms: { alpha, rest: 1 - alpha, eps, momentum },
    constants: { HAS_MOMENTUM: buffer !== null, CENTERED: average !== null },
  });
}

/** The definition in plain operations. Exported for the kernel's test. */
export function reference(step: RmspropStep): void {
  const { grad, state, lr, alpha, eps, momentum, weightDecay } = step;
  const [p, v] = [step.p as Variable, step.v as Variable];
  const [buffer, average] = [step.buffer as Variable | null, step.average as Variable | null];
  tf.tidy(() => {
    const values = state.dataSync();
    if (values[STATE.foundInf] !== 0) return;
    const g = tf.add(tf.mul(grad, values[STATE.gradFactor]!), tf.mul(p, weightDecay));
    v.assign(tf.add(tf.mul(v, alpha), tf.mul(tf.square(g), 1 - alpha)));
    average?.assign(tf.add(average, tf.mul(tf.sub(g, average), 1 - alpha)));
    const variance = average ? tf.sub(v, tf.square(average)) : v;
    const d = tf.div(g, tf.add(tf.sqrt(variance), eps));
    buffer?.assign(tf.add(tf.mul(buffer, momentum), d));
    p.assign(tf.sub(p, tf.mul(lr, buffer ?? d)));
  });
}
