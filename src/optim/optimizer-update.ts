// One optimizer step with everything around it, on the device and without a read-back: global norm, clipping, dynamic
// loss scaling, the step count.

import type { Tensor, Variable } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { activeWebGpu } from '#gpu/webgpu-backend.ts';
import { sumOfSquares } from '#kernels/sum-of-squares/sum-of-squares.ts';
import { advanceUpdateState, createUpdateState, STATE } from '#kernels/update-state/update-state.ts';
import type { Optimizer } from './optimizer.ts';

/** torch.amp.GradScaler's defaults. */
const INITIAL_LOSS_SCALE = 65536;
const GROWTH_INTERVAL = 2000;

/** What happened in a step, as read from the state tensor. */
export interface UpdateReport {
  /** Before clipping; infinite for a skipped step. */
  readonly gradNorm: number;
  readonly skipped: boolean;
  readonly lossScale: number;
}

export class OptimizerUpdate {
  readonly optimizer: Optimizer;
  /** Dynamic loss scaling, for f16 storage. */
  readonly lossScaling: boolean;
  readonly #state: Variable;
  readonly #maxGradNorm: number;

  constructor(optimizer: Optimizer, { maxGradNorm, lossScaling }: { maxGradNorm: number; lossScaling: boolean }) {
    this.optimizer = optimizer;
    this.lossScaling = lossScaling;
    this.#maxGradNorm = maxGradNorm;
    this.#state = createUpdateState(lossScaling ? INITIAL_LOSS_SCALE : 1);
  }

  /** Forgets overflows that evaluation may have raised. Call before the first micro-batch of an update. */
  begin(): void {
    const backend = activeWebGpu();
    if (this.lossScaling) backend?.clear(backend.overflowTensor);
  }

  /** f32 [1]; the caller disposes it. */
  lossScale(): Tensor {
    return tf.slice(this.#state, [STATE.lossScale], [1]);
  }

  /** @param gradients by parameter name, scaled by the loss scale. @param learningRate of this step. */
  step(gradients: ReadonlyMap<string, Tensor>, learningRate: number): void {
    tf.tidy(() => {
      const [beta1, beta2] = this.optimizer.betas;
      const hyper = {
        maxGradNorm: this.#maxGradNorm,
        beta1,
        beta2,
        lossScaling: this.lossScaling,
        growthInterval: GROWTH_INTERVAL,
      };
      advanceUpdateState(this.#state, sumOfSquares([...gradients.values()]), hyper);
      this.optimizer.step(gradients, this.#state, tf.tensor1d([learningRate]));
    });
  }

  /** A copy of the state, f32 [8], to be read later by `reportOf`; the caller disposes it. */
  stateCopy(): Tensor {
    return tf.add(this.#state, 0);
  }

  /** Continues from a saved state. */
  restore(values: Float32Array): void {
    tf.tidy(() => this.#state.assign(tf.tensor1d(values)));
  }

  dispose(): void {
    this.#state.dispose();
    this.optimizer.dispose();
  }
}

export function reportOf(state: Float32Array): UpdateReport {
  const skipped = state[STATE.foundInf] !== 0;
  return { gradNorm: skipped ? Infinity : state[STATE.gradNorm]!, skipped, lossScale: state[STATE.lossScale]! };
}
