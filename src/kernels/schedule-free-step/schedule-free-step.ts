// Schedule-free AdamW (Defazio et al., 2024), in place, in the form that keeps the trained point y and the fast point z;
// their average x is where y leads to from z, and is made when it is asked for.

import type { Tensor, Variable } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineKernel, linearGrid } from '#gpu/define-kernel.ts';
import { activeWebGpu } from '#gpu/webgpu-backend.ts';
import { defineParameterUpdate, NO_HALF, type ParameterStep } from '../shared/parameter-update.ts';
import { STATE } from '../update-state/update-state.ts';
import moveSource from './move-weights.wgsl?raw';
import paceSource from './pace.wgsl?raw';
import source from './schedule-free-step.wgsl?raw';

/** Places in the pace tensor, f32 [4]. */
const PACE = { rate: 0, highestRate: 1, weightSum: 2, share: 3 } as const;

const update = defineParameterUpdate({
  name: 'schedule-free-step',
  source,
  beside: ['z', 'v'],
  uniforms: { beta1: 'f32', beta2: 'f32', rest2: 'f32', eps: 'f32' },
});

const paceKernel = defineKernel({
  name: 'schedule-free-pace',
  source: paceSource,
  inputs: ['lr', 'state'],
  outputs: ['pace'],
  uniforms: { warmup_steps: 'f32', r: 'f32', weight_lr_power: 'f32' },
});

const defineMove = (half: boolean) =>
  defineKernel({
    name: half ? 'move-weights-half' : 'move-weights',
    source: half ? moveSource : `${NO_HALF}\n${moveSource}`,
    inputs: ['z'],
    outputs: ['p', ...(half ? ['half'] : [])],
    uniforms: { size: 'u32', share: 'f32' },
  });
const moveKernels = { plain: defineMove(false), half: defineMove(true) };

export interface ScheduleFreePace {
  /** f32 [4], zeros at first. */
  readonly pace: Tensor;
  /** f32 [1] learning rate before warm-up. */
  readonly lr: Tensor;
  /** See update-state.ts, after `advanceUpdateState` of this step. */
  readonly state: Tensor;
  readonly warmupSteps: number;
  /** Powers of the step and of the highest rate so far in the weight of a point. */
  readonly r: number;
  readonly weightLrPower: number;
}

/** Moves the pace on by one step: the rate after warm-up, and which share the newest point has in the average. */
export function schedulePace({ pace, lr, state, warmupSteps, r, weightLrPower }: ScheduleFreePace): void {
  const backend = activeWebGpu();
  if (!backend) {
    const [values, steps] = [pace.dataSync(), state.dataSync()];
    if (steps[STATE.foundInf] !== 0) return;
    const step = steps[STATE.step]!;
    const rate = lr.dataSync()[0]! * Math.min(1, step / Math.max(1, warmupSteps));
    const highest = Math.max(rate, values[PACE.highestRate]!);
    const weight = step ** r * highest ** weightLrPower;
    const sum = values[PACE.weightSum]! + weight;
    tf.tidy(() => (pace as Variable).assign(tf.tensor1d([rate, highest, sum, sum === 0 ? 0 : weight / sum])));
    return;
  }
  paceKernel.run(backend, {
    inputs: { lr, state },
    outputs: { pace },
    uniforms: { warmup_steps: warmupSteps, r, weight_lr_power: weightLrPower },
    workgroupSize: 1,
    grid: [1, 1, 1],
  });
}

/** `lr` is the pace, after `schedulePace` of this step. */
export interface ScheduleFreeStep extends ParameterStep {
  /** f32 fast points and second moments, of the size of p. */
  readonly z: Tensor;
  readonly v: Tensor;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
}

/**
 * v ← β₂·v + (1−β₂)·g²; d = g / (√(v/(1−β₂ᵗ)) + eps) + wd·p; p ← p + c·(z − p) + lr·(β₁·(1−c) − 1)·d; z ← z − lr·d, with
 * c the share of the newest point. At the first step z is p. On other backends than WebGPU p, z and v are variables and
 * are updated as a whole.
 */
export function scheduleFreeStep(step: ScheduleFreeStep): void {
  const backend = activeWebGpu();
  if (!backend) {
    reference(step);
    return;
  }
  const { z, v, beta1, beta2, eps } = step;
  update(backend, step, { beside: { z, v }, uniforms: { beta1, beta2, rest2: 1 - beta2, eps } });
}

/** The definition in plain operations. Exported for the kernel's test. */
export function reference(step: ScheduleFreeStep): void {
  const { grad, state, lr, beta1, beta2, eps, weightDecay } = step;
  const [p, z, v] = [step.p as Variable, step.z as Variable, step.v as Variable];
  tf.tidy(() => {
    const [values, pace] = [state.dataSync(), lr.dataSync()];
    if (values[STATE.foundInf] !== 0) return;
    const [rate, share] = [pace[PACE.rate]!, pace[PACE.share]!];
    if (values[STATE.step] === 1) z.assign(tf.clone(p));
    const g = tf.mul(grad, values[STATE.gradFactor]!);
    v.assign(tf.add(tf.mul(v, beta2), tf.mul(tf.square(g), 1 - beta2)));
    const denominator = tf.add(tf.sqrt(tf.div(v, values[STATE.biasCorrection2]!)), eps);
    const d = tf.add(tf.div(g, denominator), tf.mul(p, weightDecay));
    const mixed = tf.add(p, tf.mul(tf.sub(z, p), share));
    p.assign(tf.add(mixed, tf.mul(d, rate * (beta1 * (1 - share) - 1))));
    z.assign(tf.sub(z, tf.mul(d, rate)));
  });
}

/** p ← p + share · (z − p), with its half-precision copy. On other backends than WebGPU p is a variable. */
export function moveWeights(p: Tensor, half: Tensor | null, z: Tensor, share: number): void {
  const backend = activeWebGpu();
  if (!backend) {
    tf.tidy(() => (p as Variable).assign(tf.add(p, tf.mul(tf.sub(z, p), share))));
    return;
  }
  (half ? moveKernels.half : moveKernels.plain).run(backend, {
    inputs: { z },
    outputs: { p, ...(half ? { half } : {}) },
    uniforms: { size: p.size, share },
    grid: linearGrid(Math.ceil(p.size / 256)),
  });
}
