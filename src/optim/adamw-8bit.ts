// AdamW with moments of 8 bits (Dettmers et al., 2022): `adamw_8bit`, which is bitsandbytes' in HF's Trainer. Small
// parameters and the tables of embeddings keep moments of 32 bits, as there.

import type { Tensor, Variable } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { adamW8bitStep, eightBitShapes } from '#kernels/adamw-8bit-step/adamw-8bit-step.ts';
import { adamWStep } from '#kernels/adamw-step/adamw-step.ts';
import type { Parameter } from '#nn/parameter.ts';
import type { AdamWOptions } from './adamw.ts';
import { operandsOf } from './block-optimizer.ts';
import { type BlockUpdate, type Optimizer, type ParamGroup, parametersIn } from './optimizer.ts';
import { makeBlocks, type ParameterBlock } from './parameter-blocks.ts';
import { StateArrays } from './state-arrays.ts';

/** Parameters of fewer elements keep moments of 32 bits. */
const MIN_8BIT_SIZE = 4096;

/** Whether a parameter has moments of 8 bits. */
const isEightBit = ({ size, isEmbedding }: Parameter): boolean => !isEmbedding && size >= MIN_8BIT_SIZE;

/** Bytes of the moments of a parameter, with their scales. */
export function adamW8bitBytes(parameter: Parameter): number {
  if (!isEightBit(parameter)) return 8 * parameter.size;
  const elements = Object.values(eightBitShapes(parameter.size)).map((shape) => shape.reduce((n, m) => n * m, 1));
  return elements.reduce((sum, count) => sum + 4 * count, 0);
}

interface Coded {
  readonly codes: Tensor;
  readonly scales: Tensor;
}

export class AdamW8bit implements Optimizer {
  readonly betas: readonly [number, number];
  readonly paramGroups: readonly ParamGroup[];
  readonly blocks: readonly ParameterBlock[];
  readonly #eps: number;
  readonly #moments: StateArrays;
  readonly #coded = new Map<string, Coded>();

  constructor(paramGroups: readonly ParamGroup[], { betas, eps }: AdamWOptions) {
    this.betas = betas;
    this.#eps = eps;
    this.paramGroups = paramGroups;
    const blocksOf = (eightBit: boolean): ParameterBlock[] =>
      paramGroups.flatMap(({ weightDecay, parameters }) =>
        makeBlocks(weightDecay, new Map([...parameters].filter(([, each]) => isEightBit(each) === eightBit))),
      );
    const [large, small] = [blocksOf(true), blocksOf(false)];
    this.blocks = [...large, ...small];
    this.#moments = new StateArrays(['exp_avg', 'exp_avg_sq'], small);
    for (const { parameters } of large) {
      for (const [name, { size }] of parameters) this.#coded.set(name, makeCoded(size));
    }
  }

  step(updates: readonly BlockUpdate[], state: Tensor, lr: Tensor): void {
    const hyper = { beta1: this.betas[0], beta2: this.betas[1], eps: this.#eps };
    for (const update of updates) {
      const operands = operandsOf(update, state, lr);
      if (this.#moments.has(update.block)) {
        const [m, v] = this.#moments.of(update.block);
        adamWStep({ ...operands, ...hyper, m: m!, v: v! });
      } else {
        for (const { name, parameter, first } of parametersIn(update)) {
          adamW8bitStep({ ...operands, ...hyper, first, size: parameter.size, ...this.#coded.get(name)! });
        }
      }
    }
  }

  /** `exp_avg` and `exp_avg_sq` of 32 bits; of the others int32 `codes` and f32 `scales`. */
  stateTensors(): ReadonlyMap<string, Tensor> {
    const coded = [...this.#coded].flatMap(([name, { codes, scales }]) => [
      [`codes.${name}`, codes] as const,
      [`scales.${name}`, scales] as const,
    ]);
    return new Map([...this.#moments.byName(), ...coded]);
  }

  dispose(): void {
    this.#moments.dispose();
    for (const { codes, scales } of this.#coded.values()) tf.dispose([codes, scales]);
    for (const block of this.blocks) block.dispose();
  }
}

/** Zeros: whatever their codes, moments are 0 where their scale is. */
function makeCoded(size: number): Coded {
  const shapes = eightBitShapes(size);
  const make = (shape: readonly number[], dtype: 'int32' | 'float32'): Variable =>
    tf.tidy(() => tf.variable(tf.zeros([...shape], dtype), false));
  return { codes: make(shapes.codes, 'int32'), scales: make(shapes.scales, 'float32') };
}
