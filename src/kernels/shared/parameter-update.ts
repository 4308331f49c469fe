// What the elementwise update rules of the optimizers share: their operands, and a kernel with and without the writing of
// a half-precision copy.

import type { Tensor } from '@tensorflow/tfjs';
import { defineKernel, type KernelConstant, linearGrid, type UniformType } from '#gpu/define-kernel.ts';
import type { AtelierBackend } from '#gpu/webgpu-backend.ts';

/** For parameters that have no half-precision copy: the writing of one comes to nothing. */
export const NO_HALF = 'fn half_set4(i: u32, v: vec4<f32>) {}';

export interface ParameterStep {
  /** f32 parameters: elements [first, first + size) are updated in place. */
  readonly p: Tensor;
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
  readonly weightDecay: number;
}

export interface ParameterUpdateSpec {
  readonly name: string;
  /** WGSL; reads `grad4`, `state`, `lr` and updates `p`, `half` and the numbers beside them. */
  readonly source: string;
  /** Numbers beside each parameter. */
  readonly beside: readonly string[];
  /** Besides `first`, `size` and `weight_decay`. */
  readonly uniforms: Readonly<Record<string, UniformType>>;
}

export interface OwnOperands {
  readonly beside: Readonly<Record<string, Tensor>>;
  readonly uniforms: Readonly<Record<string, number>>;
  readonly constants?: Readonly<Record<string, KernelConstant>>;
}

/** WGSL for a rule that has no use for numbers it could keep: reading gives zeros, writing comes to nothing. */
export const absent = (name: string): string =>
  `fn ${name}4(i: u32) -> vec4<f32> { return vec4<f32>(0.0); }\nfn ${name}_set4(i: u32, v: vec4<f32>) {}`;

export type ParameterUpdate = (backend: AtelierBackend, step: ParameterStep, own: OwnOperands) => void;

/** One dispatch over the range of a step, four elements a thread. */
export function defineParameterUpdate({ name, source, beside, uniforms }: ParameterUpdateSpec): ParameterUpdate {
  const define = (half: boolean) =>
    defineKernel({
      name: half ? `${name}-half` : name,
      source: half ? source : `${NO_HALF}\n${source}`,
      inputs: ['grad', 'state', 'lr'],
      outputs: ['p', ...beside, ...(half ? ['half'] : [])],
      uniforms: { first: 'u32', size: 'u32', weight_decay: 'f32', ...uniforms },
    });
  const kernels = { plain: define(false), half: define(true) };
  return (backend, { p, half, first, size, grad, state, lr, weightDecay }, own) =>
    (half ? kernels.half : kernels.plain).run(backend, {
      inputs: { grad, state, lr },
      outputs: { p, ...own.beside, ...(half ? { half } : {}) },
      uniforms: { first, size, weight_decay: weightDecay, ...own.uniforms },
      constants: own.constants ?? {},
      grid: linearGrid(Math.ceil(size / 256)),
    });
}
