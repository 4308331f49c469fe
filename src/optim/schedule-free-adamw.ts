// Schedule-free AdamW (Defazio et al., 2024): `schedule_free_adamw`. It trains at one point and is evaluated at another,
// the average of where it has been.

import type { Tensor, Variable } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { copyInto } from '#gpu/arena.ts';
import { activeWebGpu } from '#gpu/webgpu-backend.ts';
import { moveWeights, scheduleFreeStep, schedulePace } from '#kernels/schedule-free-step/schedule-free-step.ts';
import { BlockOptimizer, operandsOf } from './block-optimizer.ts';
import type { BlockUpdate, HalfOf, ParamGroup, WeightsKind } from './optimizer.ts';
import type { ParameterBlock } from './parameter-blocks.ts';
import { StateArrays } from './state-arrays.ts';

export interface ScheduleFreeOptions {
  /** The first one above 0. */
  readonly betas: readonly [number, number];
  readonly eps: number;
  /** Updates over which the rate rises, beside what the schedule does. */
  readonly warmupSteps: number;
  /** Powers of the step (default 0) and of the highest rate (default 2) in a point's weight in the average. */
  readonly r: number;
  readonly weightLrPower: number;
}

export class ScheduleFreeAdamW extends BlockOptimizer {
  readonly #options: ScheduleFreeOptions;
  readonly #pace: Variable;
  /** The trained weights while the parameters hold the averaged ones: coming back must change no bit. */
  #trained: StateArrays | null = null;

  constructor(paramGroups: readonly ParamGroup[], options: ScheduleFreeOptions) {
    super(paramGroups, ['z', 'exp_avg_sq'], options.betas);
    this.#options = options;
    this.#pace = tf.tidy(() => tf.variable(tf.zeros([4]), false));
    for (const block of this.blocks) assign(this.#fastPoint(block), block.values);
  }

  #fastPoint(block: ParameterBlock): Tensor {
    return this.arrays.of(block)[0]!;
  }

  step(updates: readonly BlockUpdate[], state: Tensor, lr: Tensor): void {
    const { betas, eps } = this.#options;
    schedulePace({ pace: this.#pace, lr, state, ...this.#options });
    for (const update of updates) {
      const [z, v] = this.arrays.of(update.block);
      const operands = operandsOf(update, state, this.#pace);
      scheduleFreeStep({ ...operands, z: z!, v: v!, beta1: betas[0], beta2: betas[1], eps });
    }
  }

  putWeights(kind: WeightsKind, halfOf: HalfOf): void {
    if ((kind === 'averaged') === (this.#trained !== null)) return;
    if (kind === 'averaged') {
      this.#trained = new StateArrays(['y'], this.blocks);
      for (const block of this.blocks) {
        assign(this.#trained.of(block)[0]!, block.values);
        moveWeights(block.values, halfOf(block), this.#fastPoint(block), 1 - 1 / this.betas[0]);
      }
      return;
    }
    for (const block of this.blocks) {
      assign(block.values, this.#trained!.of(block)[0]!);
      const half = halfOf(block);
      if (half) copyInto(half, block.values);
    }
    this.#trained!.dispose();
    this.#trained = null;
  }

  /** Besides `z` and `exp_avg_sq` the pace and, while the parameters hold the averaged weights, the trained ones, `y`. */
  override stateTensors(): ReadonlyMap<string, Tensor> {
    return new Map([...super.stateTensors(), ...(this.#trained?.byName() ?? []), ['schedule_free_pace', this.#pace]]);
  }

  override dispose(): void {
    this.#trained?.dispose();
    this.#pace.dispose();
    super.dispose();
  }
}

function assign(target: Tensor, source: Tensor): void {
  if (activeWebGpu()) copyInto(target, source);
  else tf.tidy(() => (target as Variable).assign(tf.clone(source)));
}
