// AdamW (Loshchilov and Hutter, 2019): `adamw_torch` and `adamw_torch_fused`, which are one rule.

import type { Tensor, Variable } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { adamWStep } from '#kernels/adamw-step/adamw-step.ts';
import type { Optimizer, ParamGroup } from './optimizer.ts';

export interface AdamWOptions {
  readonly betas: readonly [number, number];
  /** Added to the root of the second moment. */
  readonly eps: number;
}

export class AdamW implements Optimizer {
  readonly betas: readonly [number, number];
  readonly paramGroups: readonly ParamGroup[];
  readonly #eps: number;
  readonly #moments = new Map<string, Variable>();

  constructor(paramGroups: readonly ParamGroup[], { betas, eps }: AdamWOptions) {
    this.betas = betas;
    this.#eps = eps;
    this.paramGroups = paramGroups;
    for (const { parameters } of paramGroups) {
      for (const [name, parameter] of parameters) {
        this.#moments.set(`exp_avg.${name}`, zeros(parameter.shape));
        this.#moments.set(`exp_avg_sq.${name}`, zeros(parameter.shape));
      }
    }
  }

  step(gradients: ReadonlyMap<string, Tensor>, state: Tensor, lr: Tensor): void {
    const [beta1, beta2] = this.betas;
    for (const { weightDecay, parameters } of this.paramGroups) {
      for (const [name, parameter] of parameters) {
        const grad = gradients.get(name);
        if (!grad) continue; // the loss does not depend on it
        adamWStep({
          p: parameter.variable,
          m: this.#moments.get(`exp_avg.${name}`)!,
          v: this.#moments.get(`exp_avg_sq.${name}`)!,
          grad,
          state,
          lr,
          beta1,
          beta2,
          eps: this.#eps,
          weightDecay,
        });
      }
    }
  }

  stateTensors(): ReadonlyMap<string, Variable> {
    return this.#moments;
  }

  dispose(): void {
    for (const moment of this.#moments.values()) moment.dispose();
  }
}

const zeros = (shape: readonly number[]): Variable => tf.tidy(() => tf.variable(tf.zeros([...shape]), false));
