// The backward pass of one micro-batch, and the sum over the micro-batches of an update.

import type { Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import type { Batch } from '#util/nd-array.ts';
import type { ForwardOptions, TrainableModel } from './trainable-model.ts';

export interface BackwardOptions extends ForwardOptions {
  /** f32 [1] factor on the loss before the backward pass. */
  readonly lossScale: Tensor;
  /** The loss is divided by this: micro-batches of the update, for a model that does not take `numItemsInBatch`. */
  readonly divisor: number;
}

/** Adds up gradients by parameter name. Owns its tensors until they are taken. */
export class Gradients {
  readonly #sums = new Map<string, Tensor>();

  /** One micro-batch: adds its scaled gradients and returns its unscaled loss, f32 [1], which the caller owns. */
  addMicroBatch(model: TrainableModel, batch: Batch, options: BackwardOptions): Tensor {
    const parameters = model.namedParameters();
    const variables = [...parameters.values()].map((parameter) => parameter.variable);
    let loss: Tensor | null = null;
    const { value, grads } = tf.variableGrads(() => {
      const output = model.forward(batch, options);
      if (!output.loss) throw new Error('the model returned no loss: the batch has no labels');
      const normalized = options.divisor === 1 ? output.loss : tf.div(output.loss, options.divisor);
      loss = tf.keep(tf.reshape(normalized, [1]));
      return tf.mul(normalized, tf.reshape(options.lossScale, [])).asScalar();
    }, variables);
    value.dispose();
    for (const [name, parameter] of parameters) {
      const gradient = grads[parameter.variable.name];
      if (gradient) this.#add(name, gradient);
    }
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
