// The backward pass of one micro-batch, and the sum over the micro-batches of an update.

import type { Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { backward, type GradientSink } from '#gpu/backward.ts';
import { addGradients } from '#kernels/add/add.ts';
import type { Batch } from '#util/nd-array.ts';
import type { ForwardOptions, TrainableModel } from './trainable-model.ts';

export interface BackwardOptions extends ForwardOptions {
  /** f32 [1] factor on the loss before the backward pass. */
  readonly lossScale: Tensor;
  /** The loss is divided by this: micro-batches of the update, for a model that does not take `numItemsInBatch`. */
  readonly divisor: number;
  /** Gradients that are added up in place, by data id of their parameter. */
  readonly sinks: ReadonlyMap<object, GradientSink>;
}

/** Adds up the gradients that have no sink, by parameter name. Owns its tensors until they are taken. */
export class Gradients {
  readonly #sums = new Map<string, Tensor>();

  /** One micro-batch: adds its scaled gradients and returns its unscaled loss, f32 [1], which the caller owns. */
  addMicroBatch(model: TrainableModel, batch: Batch, options: BackwardOptions): Tensor {
    const parameters = new Map([...model.namedParameters()].map(([name, { variable }]) => [name, variable]));
    let loss: Tensor | null = null;
    const forward = (): Tensor => {
      const output = model.forward(batch, options);
      if (!output.loss) throw new Error('the model returned no loss: the batch has no labels');
      const normalized = options.divisor === 1 ? output.loss : tf.div(output.loss, options.divisor);
      loss = tf.keep(tf.reshape(normalized, [1]));
      return normalized.asScalar();
    };
    const dy = tf.reshape(options.lossScale, []);
    for (const [name, gradient] of backward(forward, dy, parameters, options.sinks, addGradients)) {
      this.#add(name, gradient);
    }
    dy.dispose();
    return loss!;
  }

  #add(name: string, gradient: Tensor): void {
    const earlier = this.#sums.get(name);
    if (!earlier) {
      this.#sums.set(name, gradient);
      return;
    }
    this.#sums.set(name, tf.add(earlier, gradient));
    tf.dispose([earlier, gradient]);
  }

  /** By parameter name, in model order. */
  get byName(): ReadonlyMap<string, Tensor> {
    return this.#sums;
  }

  /** Sets all gradients to none, as `zero_grad`. */
  clear(): void {
    for (const tensor of this.#sums.values()) tensor.dispose();
    this.#sums.clear();
  }
}
