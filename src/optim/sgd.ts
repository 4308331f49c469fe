// SGD with optional momentum, as torch.optim.SGD.

import type { Tensor, Variable } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { sgdStep } from '#kernels/sgd-step/sgd-step.ts';
import type { Optimizer, ParamGroup } from './optimizer.ts';

export interface SgdOptions {
  /** All default to 0 and false in PyTorch. */
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;
}

export class Sgd implements Optimizer {
  readonly betas = [0, 0] as const;
  readonly paramGroups: readonly ParamGroup[];
  readonly #options: SgdOptions;
  readonly #buffers = new Map<string, Variable>();

  constructor(paramGroups: readonly ParamGroup[], options: SgdOptions) {
    this.paramGroups = paramGroups;
    this.#options = options;
    if (options.momentum === 0) return;
    for (const { parameters } of paramGroups) {
      for (const [name, { shape }] of parameters) {
        this.#buffers.set(
          `momentum_buffer.${name}`,
          tf.tidy(() => tf.variable(tf.zeros([...shape]), false)),
        );
      }
    }
  }

  step(gradients: ReadonlyMap<string, Tensor>, state: Tensor, lr: Tensor): void {
    for (const { weightDecay, parameters } of this.paramGroups) {
      for (const [name, parameter] of parameters) {
        const grad = gradients.get(name);
        if (!grad) continue; // the loss does not depend on it
        const buffer = this.#buffers.get(`momentum_buffer.${name}`) ?? null;
        sgdStep({ p: parameter.variable, buffer, grad, state, lr, weightDecay, ...this.#options });
      }
    }
  }

  stateTensors(): ReadonlyMap<string, Variable> {
    return this.#buffers;
  }

  dispose(): void {
    for (const buffer of this.#buffers.values()) buffer.dispose();
  }
}
