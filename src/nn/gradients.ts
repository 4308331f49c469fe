// Forward and backward pass of one micro-batch, replayed where it can be, and the sum over the micro-batches of an update.

import type { Tensor, Variable } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { copyInto } from '#gpu/arena.ts';
import { backward, type GradientSink } from '#gpu/backward.ts';
import { type Feed, StepCache, type StepMode } from '#gpu/step-cache.ts';
import { activeWebGpu } from '#gpu/webgpu-backend.ts';
import { addGradients } from '#kernels/add/add.ts';
import { shapesKey } from './batch-shapes.ts';
import { type ComputeStorage, ForwardContext, type ForwardSource, type TrainingForward } from './forward-context.ts';
import type { TrainableModel } from './trainable-model.ts';

export interface GradientsOptions extends TrainingForward {
  readonly seed: number;
  readonly storage: ComputeStorage;
  readonly labelSmoothing: number;
  /** f32 [1] factor on the loss before the backward pass. */
  readonly lossScale: Tensor;
  /** Gradients that are added up in place, by data id of their parameter. */
  readonly sinks: ReadonlyMap<object, GradientSink>;
  /** Shapes whose steps are recorded; see `StepCache`. */
  readonly recordedSteps?: number;
}

/** Adds up the gradients of an update. Owns those that have no sink. */
export class Gradients {
  /** f32 [1]: the unscaled loss of the last micro-batch. */
  readonly loss: Variable;
  readonly #model: TrainableModel;
  readonly #options: GradientsOptions;
  readonly #steps: StepCache<ForwardSource>;
  /** Sinks that a step of this key fills: a replay fills them without saying so. */
  readonly #filled = new Map<string, readonly GradientSink[]>();
  readonly #sums = new Map<string, Tensor>();

  constructor(model: TrainableModel, options: GradientsOptions) {
    this.#model = model;
    this.#options = options;
    this.#steps = new StepCache(options.recordedSteps);
    this.loss = tf.tidy(() => tf.variable(tf.zeros([1]), false));
  }

  /**
   * One micro-batch: adds its scaled gradients.
   * @param first of its update: what the sinks hold is overwritten.
   * @param divisor the loss is divided by it: micro-batches of the update, for a model that does not take
   * `numItemsInBatch`.
   */
  addMicroBatch(source: ForwardSource, first: boolean, divisor = 1): StepMode {
    const key = `${first} ${divisor} ${shapesKey(source.batch)}`;
    const mode = this.#steps.run(key, source, (feed) => this.#step(source, divisor, feed));
    if (mode === 'replayed') for (const sink of this.#filled.get(key) ?? []) sink.started = true;
    else this.#filled.set(key, this.#started());
    return mode;
  }

  #started(): GradientSink[] {
    return [...this.#options.sinks.values()].filter(({ started }) => started);
  }

  #step(source: ForwardSource, divisor: number, feed: Feed<ForwardSource>): void {
    const { seed, storage, labelSmoothing, lossScale, sinks } = this.#options;
    const context = ForwardContext.training(source, seed, storage, feed, this.#options);
    const forward = (): Tensor => {
      const { loss } = this.#model.forward(source.batch, { context, labelSmoothing, wantsLogits: false });
      if (!loss) throw new Error('the model returned no loss: the batch has no labels');
      const normalized = divisor === 1 ? loss : tf.div(loss, divisor);
      this.#keepLoss(normalized);
      return normalized.asScalar();
    };
    const dy = tf.reshape(lossScale, []);
    for (const [name, gradient] of backward(forward, dy, this.#parameters(), sinks, addGradients)) {
      this.#add(name, gradient);
    }
    dy.dispose();
  }

  #keepLoss(loss: Tensor): void {
    if (activeWebGpu()) copyInto(this.loss, loss);
    else tf.tidy(() => this.loss.assign(tf.reshape(loss, [1])));
  }

  /** All that have a sink; where there are none, all. */
  #parameters(): Map<string, Tensor> {
    const { sinks } = this.#options;
    const all = [...this.#model.namedParameters()].map(([name, { variable }]) => [name, variable] as const);
    return new Map(sinks.size === 0 ? all : all.filter(([, { dataId }]) => sinks.has(dataId)));
  }

  #add(name: string, gradient: Tensor): void {
    const earlier = this.#sums.get(name);
    this.#sums.set(name, earlier ? tf.add(earlier, gradient) : gradient);
    if (earlier) tf.dispose([earlier, gradient]);
  }

  /** Those without a sink, by parameter name in model order. */
  get byName(): ReadonlyMap<string, Tensor> {
    return this.#sums;
  }

  /** Why steps are not replayed; empty when they are. */
  get refusals(): readonly string[] {
    return this.#steps.refusals;
  }

  /** Sets all gradients to none, as `zero_grad`. */
  clear(): void {
    for (const tensor of this.#sums.values()) tensor.dispose();
    this.#sums.clear();
  }

  dispose(): void {
    this.clear();
    this.#steps.dispose();
    this.loss.dispose();
  }
}
