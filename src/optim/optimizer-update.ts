// One optimizer step with everything around it, on the device and without a read-back: the gradients of an update, their
// global norm, clipping, dynamic loss scaling, the step count.

import type { Tensor, Variable } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { copyInto, setValues } from '#gpu/arena.ts';
import type { GradientSink } from '#gpu/backward.ts';
import { StepCache } from '#gpu/step-cache.ts';
import type { HalfStorage } from '#gpu/tensor-storage.ts';
import { activeWebGpu } from '#gpu/webgpu-backend.ts';
import { sumOfSquares } from '#kernels/sum-of-squares/sum-of-squares.ts';
import { advanceUpdateState, createUpdateState, STATE } from '#kernels/update-state/update-state.ts';
import type { BlockUpdate, Optimizer, WeightsKind } from './optimizer.ts';
import type { BlockArray, ParameterBlock } from './parameter-blocks.ts';

/** torch.amp.GradScaler's defaults. */
const INITIAL_LOSS_SCALE = 65536;
const GROWTH_INTERVAL = 2000;

export interface OptimizerUpdateOptions {
  /** 0 switches clipping off. */
  readonly maxGradNorm: number;
  readonly lossScaling: boolean;
  /** Of the weights in the large products: halves are kept beside the parameters. Default f32. */
  readonly storage?: 'f32' | HalfStorage;
  /** Sets of trained parameters whose updates are recorded; see `StepCache`. */
  readonly recordedSteps?: number;
}

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
  /** f32 [1]: what a loss is multiplied by before the backward pass. */
  readonly lossScale: Tensor;
  /** On WebGPU: where the gradients of an update are added up, by data id of their parameter. Else empty. */
  readonly sinks: ReadonlyMap<object, GradientSink>;
  readonly #state: Variable;
  /** f32 [1] */
  readonly #learningRate: Tensor;
  /** 0 switches clipping off. May change between steps. */
  maxGradNorm: number;
  readonly #gradients = new Map<ParameterBlock, BlockArray>();
  readonly #halves = new Map<ParameterBlock, Tensor | null>();
  readonly #steps: StepCache<number>;
  readonly #sinkByName = new Map<string, GradientSink>();

  constructor(
    optimizer: Optimizer,
    { maxGradNorm, lossScaling, storage = 'f32', recordedSteps }: OptimizerUpdateOptions,
  ) {
    this.#steps = new StepCache(recordedSteps);
    this.optimizer = optimizer;
    this.lossScaling = lossScaling;
    this.maxGradNorm = maxGradNorm;
    this.#state = createUpdateState(lossScaling ? INITIAL_LOSS_SCALE : 1);
    this.lossScale = tf.tidy(() => tf.variable(tf.tensor1d([lossScaling ? INITIAL_LOSS_SCALE : 1]), false));
    this.#learningRate = tf.tidy(() => tf.variable(tf.tensor1d([0]), false));
    for (const block of optimizer.blocks) {
      this.#halves.set(block, storage === 'f32' ? null : block.mirror(storage));
    }
    this.sinks = activeWebGpu() ? this.#makeSinks() : new Map();
  }

  #makeSinks(): Map<object, GradientSink> {
    const sinks = new Map<object, GradientSink>();
    for (const block of this.optimizer.blocks) {
      const array = block.zeros();
      this.#gradients.set(block, array);
      for (const [name, parameter] of block.parameters) {
        const sink = { target: array.part(name), started: false };
        this.#sinkByName.set(name, sink);
        sinks.set(parameter.variable.dataId, sink);
        if (parameter.half) sinks.set(parameter.half.dataId, sink);
      }
    }
    return sinks;
  }

  /** Forgets the last update's gradients, and overflows that evaluation may have raised. */
  begin(): void {
    const backend = activeWebGpu();
    this.putWeights('trained');
    for (const sink of this.#sinkByName.values()) sink.started = false;
    if (!this.lossScaling) return;
    backend?.clear(backend.overflowTensor);
    this.#copyLossScale();
  }

  /** Puts the weights into the parameters that training goes on from, or those to evaluate and save; see `Optimizer`. */
  putWeights(kind: WeightsKind): void {
    this.optimizer.putWeights?.(kind, (block) => this.#halves.get(block) ?? null);
  }

  #copyLossScale(): void {
    const backend = activeWebGpu();
    if (backend) backend.copyOut(this.#state, 4 * STATE.lossScale, 4, backend.bufferOf(this.lossScale));
    else tf.tidy(() => (this.lossScale as Variable).assign(tf.slice(this.#state, [STATE.lossScale], [1])));
  }

  /**
   * @param gradients by parameter name, scaled by the loss scale: those that are not in a sink.
   * @param learningRate of this step.
   */
  step(gradients: ReadonlyMap<string, Tensor>, learningRate: number): void {
    if (!activeWebGpu()) {
      setValues(this.#learningRate, Float32Array.of(learningRate));
      this.#apply(gradients);
      return;
    }
    this.#sink(gradients);
    this.#steps.run(this.#recordingKey(), learningRate, (feed) => {
      const lr = feed((rate) => Float32Array.of(rate), [1]);
      copyInto(this.#learningRate, lr);
      this.#apply(gradients);
    });
  }

  #apply(gradients: ReadonlyMap<string, Tensor>): void {
    tf.tidy(() => {
      const [beta1, beta2] = this.optimizer.betas;
      const hyper = {
        maxGradNorm: this.maxGradNorm,
        beta1,
        beta2,
        lossScaling: this.lossScaling,
        growthInterval: GROWTH_INTERVAL,
      };
      const updates = this.#updates(gradients);
      const ranges = updates.map(({ gradient, first, size }) => ({ tensor: gradient, first, size }));
      advanceUpdateState(this.#state, sumOfSquares(ranges), hyper);
      this.optimizer.step(updates, this.#state, this.#learningRate);
    });
  }

  /** Gradients that came as tensors join those in the sinks. */
  #sink(gradients: ReadonlyMap<string, Tensor>): void {
    for (const [name, gradient] of gradients) {
      const sink = this.#sinkByName.get(name);
      if (!sink) continue;
      copyInto(sink.target, gradient);
      sink.started = true;
    }
  }

  /** Which parameters have a gradient, and what is part of the recorded step, as a key. */
  #recordingKey(): string {
    const filled = [...this.#sinkByName.values()].map(({ started }) => (started ? '1' : '0')).join('');
    return `${filled} ${this.maxGradNorm}`;
  }

  #updates(gradients: ReadonlyMap<string, Tensor>): BlockUpdate[] {
    const sunk = [...this.#sinkByName].filter(([, { started }]) => started).map(([name]) => name);
    const names = new Set(sunk.length > 0 ? sunk : gradients.keys());
    return this.optimizer.blocks.flatMap((block) =>
      block.rangesOf(names).map((range) => ({
        block,
        gradient: this.#gradients.get(block)?.all ?? gradients.get([...block.parameters.keys()][0]!)!,
        half: this.#halves.get(block) ?? null,
        ...range,
      })),
    );
  }

  /** The state, f32 [8], as `reportOf` reads it. */
  get state(): Tensor {
    return this.#state;
  }

  /** A copy of the state, f32 [8]; the caller disposes it. */
  stateCopy(): Tensor {
    return tf.add(this.#state, 0);
  }

  /** Continues from a saved state. */
  restore(values: Float32Array): void {
    setValues(this.#state, values);
    this.#copyLossScale();
  }

  dispose(): void {
    tf.dispose([this.#state, this.lossScale, this.#learningRate]);
    this.#steps.dispose();
    for (const array of this.#gradients.values()) array.dispose();
    this.optimizer.dispose();
  }
}

export function reportOf(state: Float32Array): UpdateReport {
  const skipped = state[STATE.foundInf] !== 0;
  return { gradNorm: skipped ? Infinity : state[STATE.gradNorm]!, skipped, lossScale: state[STATE.lossScale]! };
}
