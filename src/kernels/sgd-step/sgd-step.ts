// The SGD update as torch.optim.SGD (coupled weight decay, momentum, dampening, Nesterov), in place.

import type { Tensor, Variable } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineKernel, linearGrid } from '#gpu/define-kernel.ts';
import { activeWebGpu } from '#gpu/webgpu-backend.ts';
import { NO_HALF } from '../shared/half-copy.ts';
import { STATE } from '../update-state/update-state.ts';
import body from './sgd-step.wgsl?raw';

const UNIFORMS = { first: 'u32', size: 'u32', weight_decay: 'f32', momentum: 'f32', dampening: 'f32' } as const;
const NO_BUFFER = 'fn buffer4(i: u32) -> vec4<f32> { return vec4<f32>(0.0); }\nfn buffer_set4(i: u32, v: vec4<f32>) {}';
const INPUTS = ['grad', 'state', 'lr'];

const define = (momentum: boolean, half: boolean) =>
  defineKernel({
    name: `sgd${momentum ? '-momentum' : ''}-step${half ? '-half' : ''}`,
    source: [momentum ? '' : NO_BUFFER, half ? '' : NO_HALF, body].join('\n'),
    inputs: INPUTS,
    outputs: ['p', ...(momentum ? ['buffer'] : []), ...(half ? ['half'] : [])],
    uniforms: UNIFORMS,
  });
const kernels = [false, true].map((momentum) => ({ plain: define(momentum, false), half: define(momentum, true) }));

export interface SgdStep {
  /** f32 parameters and momentum buffers (null without momentum): elements [first, first + size) are updated in place. */
  readonly p: Tensor;
  readonly buffer: Tensor | null;
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
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;
  readonly weightDecay: number;
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
  const { p, buffer, half, first, size, grad, state, lr, momentum, dampening, nesterov, weightDecay } = step;
  const kernel = kernels[buffer ? 1 : 0]!;
  (half ? kernel.half : kernel.plain).run(backend, {
    inputs: { grad, state, lr },
    outputs: { p, ...(buffer ? { buffer } : {}), ...(half ? { half } : {}) },
    uniforms: { first, size, weight_decay: weightDecay, momentum, dampening },
    constants: { HAS_MOMENTUM: buffer !== null, NESTEROV: nesterov },
    grid: linearGrid(Math.ceil(size / 256)),
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
