// AdamW with moments of 8 bits (Dettmers et al., 2022), as bitsandbytes' block-wise optimizer, in place.

import type { Tensor, Variable } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { defineKernel, linearGrid } from '#gpu/define-kernel.ts';
import { activeWebGpu } from '#gpu/webgpu-backend.ts';
import { NO_HALF, type ParameterStep } from '../shared/parameter-update.ts';
import rowMax from '../shared/row-max.wgsl?raw';
import { STATE } from '../update-state/update-state.ts';
import body from './adamw-8bit-step.wgsl?raw';
import { decode, encode } from './dynamic-map.ts';
import dynamicMap from './dynamic-map.wgsl?raw';

/** Elements that share their scales. */
const BLOCK = 256;

const define = (half: boolean) =>
  defineKernel({
    name: half ? 'adamw-8bit-step-half' : 'adamw-8bit-step',
    source: [half ? '' : NO_HALF, rowMax, dynamicMap, body].join('\n'),
    inputs: ['grad', 'state', 'lr'],
    outputs: ['p', 'codes', 'scales', ...(half ? ['half'] : [])],
    uniforms: {
      first: 'u32',
      size: 'u32',
      weight_decay: 'f32',
      beta1: 'f32',
      beta2: 'f32',
      rest1: 'f32',
      rest2: 'f32',
      eps: 'f32',
    },
  });
const kernels = { plain: define(false), half: define(true) };

/** Shapes of what lies beside a parameter of `size` elements: int32 codes and f32 scales. */
export function eightBitShapes(size: number): {
  readonly codes: readonly number[];
  readonly scales: readonly number[];
} {
  return { codes: [2 * Math.ceil(size / 4)], scales: [Math.ceil(size / BLOCK), 2] };
}

/** `size` is that of one parameter, whose first element is `first`. */
export interface AdamW8bitStep extends ParameterStep {
  /** int32, two elements a word: from its lowest byte on the codes of the first and second moment of each. */
  readonly codes: Tensor;
  /** f32 [blocks of 256, 2]: what the codes of the two moments are multiplied by. */
  readonly scales: Tensor;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
}

/**
 * The update of AdamW, from moments read of their codes; the new moments are coded by the largest of their block. On
 * other backends than WebGPU p, codes and scales are variables.
 */
export function adamW8bitStep(step: AdamW8bitStep): void {
  const backend = activeWebGpu();
  if (!backend) {
    reference(step);
    return;
  }
  const { p, half, first, size, grad, state, lr, weightDecay, codes, scales, beta1, beta2, eps } = step;
  (half ? kernels.half : kernels.plain).run(backend, {
    inputs: { grad, state, lr },
    outputs: { p, codes, scales, ...(half ? { half } : {}) },
    uniforms: { first, size, weight_decay: weightDecay, beta1, beta2, rest1: 1 - beta1, rest2: 1 - beta2, eps },
    workgroupSize: backend.rowLanes,
    grid: linearGrid(Math.ceil(size / BLOCK)),
  });
}

/** The definition, on plain numbers. */
function reference(step: AdamW8bitStep): void {
  const { grad, state, beta1, beta2, size } = step;
  const values = state.dataSync();
  if (values[STATE.foundInf] !== 0) return;
  const codes = new Uint8Array(Int32Array.from(step.codes.dataSync()).buffer);
  const scales = Float32Array.from(step.scales.dataSync());
  const gradients = grad.dataSync();
  const [m, v] = [new Float32Array(size), new Float32Array(size)];
  for (let i = 0; i < size; i++) {
    const [g, block] = [Math.fround(gradients[i]! * values[STATE.gradFactor]!), 2 * Math.floor(i / BLOCK)];
    m[i] = beta1 * decode(codes[2 * i]!, 'signed') * scales[block]! + (1 - beta1) * g;
    v[i] = beta2 * decode(codes[2 * i + 1]!, 'unsigned') * scales[block + 1]! + (1 - beta2) * g * g;
  }
  moveParameter(step, m, v);
  m.forEach((_, i) => {
    const block = Math.floor(i / BLOCK);
    if (i % BLOCK === 0) scales.set([largest(m, i), largest(v, i)], 2 * block);
    codes[2 * i] = encode(m[i]! / (scales[2 * block]! || 1), 'signed');
    codes[2 * i + 1] = encode(v[i]! / (scales[2 * block + 1]! || 1), 'unsigned');
  });
  tf.tidy(() => {
    (step.codes as Variable).assign(tf.tensor(new Int32Array(codes.buffer), step.codes.shape, 'int32'));
    (step.scales as Variable).assign(tf.tensor(scales, step.scales.shape));
  });
}

const largest = (values: Float32Array, from: number): number =>
  values.subarray(from, from + BLOCK).reduce((most, value) => Math.max(most, Math.abs(value)), 0);

function moveParameter(
  { p, state, lr, eps, weightDecay }: AdamW8bitStep,
  firstMoment: Float32Array,
  secondMoment: Float32Array,
): void {
  const values = state.dataSync();
  tf.tidy(() => {
    const [m, v] = [tf.tensor(firstMoment, p.shape), tf.tensor(secondMoment, p.shape)];
    const denominator = tf.add(tf.div(tf.sqrt(v), Math.sqrt(values[STATE.biasCorrection2]!)), eps);
    const decayed = tf.mul(p, tf.sub(1, tf.mul(lr, weightDecay)));
    const moved = tf.mul(tf.div(lr, values[STATE.biasCorrection1]!), tf.div(m, denominator));
    (p as Variable).assign(tf.sub(decayed, moved));
  });
}
