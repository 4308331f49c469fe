// The small tensor that carries what an optimizer step needs and what changes between steps without the CPU knowing:
// step count, bias corrections, loss scale, whether the gradients overflowed. Semantics of torch's GradScaler and
// clip_grad_norm_, on the device, with no read-back.

import type { Tensor, Variable } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineKernel } from '#gpu/define-kernel.ts';
import { activeWebGpu } from '#gpu/webgpu-backend.ts';
import rowSum from '../shared/row-sum.wgsl?raw';
import body from './update-state.wgsl?raw';

/** Places in the state tensor, f32 [8]. */
export const STATE = {
  /** Successful optimizer steps. */
  step: 0,
  /** 1 - beta1^step and 1 - beta2^step, kept by recurrence: the closed form cancels in f32. */
  biasCorrection1: 1,
  biasCorrection2: 2,
  lossScale: 3,
  /** Good steps since the scale last changed. */
  growthTracker: 4,
  /** 1 when the gradients of this step were not finite: the step is skipped. */
  foundInf: 5,
  /** Global L2 norm of the unscaled gradients before clipping. */
  gradNorm: 6,
  /** What a gradient is multiplied by: clip coefficient / loss scale. */
  gradFactor: 7,
} as const;
const STATE_SIZE = 8;

export interface StepHyperparameters {
  /** 0 switches clipping off; the norm is computed all the same. */
  readonly maxGradNorm: number;
  readonly beta1: number;
  readonly beta2: number;
  /** Dynamic loss scaling; without it nothing is ever skipped. */
  readonly lossScaling: boolean;
  readonly growthInterval: number;
}

const kernel = defineKernel({
  name: 'update-state',
  source: `${rowSum}\n${body}`,
  inputs: ['partials', 'overflow'],
  outputs: ['state'],
  uniforms: {
    count: 'u32',
    max_norm: 'f32',
    beta1: 'f32',
    beta2: 'f32',
    rest1: 'f32',
    rest2: 'f32',
    growth_interval: 'f32',
  },
});

export function createUpdateState(lossScale: number): Variable {
  const values = new Float32Array(STATE_SIZE);
  values[STATE.lossScale] = lossScale;
  return tf.tidy(() => tf.variable(tf.tensor1d(values), false));
}

/**
 * Closes the gradients of an update: norm, clip coefficient, overflow, loss scale and step count of `state`, in place.
 * @param partials f32 [P] sums of squares of the (scaled) gradients.
 */
export function advanceUpdateState(state: Variable, partials: Tensor, hyper: StepHyperparameters): void {
  const backend = activeWebGpu();
  if (!backend) {
    const sum = (partials.dataSync() as Float32Array).reduce((total, value) => Math.fround(total + value), 0);
    const next = nextState(state.dataSync() as Float32Array, sum, false, hyper);
    tf.tidy(() => state.assign(tf.tensor1d(next)));
    return;
  }
  kernel.run(backend, {
    inputs: { partials, overflow: backend.overflowTensor },
    outputs: { state },
    uniforms: {
      count: partials.size,
      max_norm: hyper.maxGradNorm,
      beta1: hyper.beta1,
      beta2: hyper.beta2,
      rest1: 1 - hyper.beta1,
      rest2: 1 - hyper.beta2,
      growth_interval: hyper.growthInterval,
    },
    constants: { LOSS_SCALING: hyper.lossScaling },
    workgroupSize: backend.rowLanes,
    grid: [1, 1, 1],
  });
}

/** The definition, on plain numbers: the next state from the sum of squares of the scaled gradients. */
export function nextState(
  state: Float32Array,
  sumOfSquares: number,
  overflow: boolean,
  { maxGradNorm, beta1, beta2, lossScaling, growthInterval }: StepHyperparameters,
): Float32Array {
  const next = Float32Array.from(state);
  const scale = state[STATE.lossScale]!;
  const norm = Math.sqrt(sumOfSquares) / scale;
  const found = lossScaling && (overflow || !Number.isFinite(sumOfSquares));
  next[STATE.foundInf] = found ? 1 : 0;
  next[STATE.gradNorm] = norm;
  next[STATE.gradFactor] = (maxGradNorm > 0 ? Math.min(1, maxGradNorm / (norm + 1e-6)) : 1) / scale;
  if (!found) {
    next[STATE.step] = state[STATE.step]! + 1;
    next[STATE.biasCorrection1] = beta1 * state[STATE.biasCorrection1]! + (1 - beta1);
    next[STATE.biasCorrection2] = beta2 * state[STATE.biasCorrection2]! + (1 - beta2);
  }
  if (lossScaling) scaleAfter(next, found, growthInterval);
  return next;
}

function scaleAfter(next: Float32Array, found: boolean, growthInterval: number): void {
  if (found) {
    next[STATE.lossScale]! *= 0.5;
    next[STATE.growthTracker] = 0;
    return;
  }
  next[STATE.growthTracker]! += 1;
  if (next[STATE.growthTracker] === growthInterval) {
    next[STATE.lossScale]! *= 2;
    next[STATE.growthTracker] = 0;
  }
}
