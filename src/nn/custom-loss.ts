// A model whose loss is computed by someone else: HF's `compute_loss_func`.

import type { Scalar, Tensor } from '@tensorflow/tfjs';
import type { ForwardContext } from './forward-context.ts';
import type { TrainableModel } from './trainable-model.ts';

/**
 * @param logits of the model, which got no labels. @param labels of the batch, int32 or float32.
 * @param numItemsInBatch f32 []: rows (or label tokens) that count, over all micro-batches of the update: a sum of losses
 * divided by it is their exact mean. @returns f32 [].
 */
export type ComputeLossFunc = (logits: Tensor, labels: Tensor, numItemsInBatch: Scalar) => Scalar;

/** All else is the model's own. */
export function withCustomLoss(model: TrainableModel, computeLoss: ComputeLossFunc): TrainableModel {
  return {
    acceptsLossKwargs: true,
    inputNames: model.inputNames,
    ...(model.lossIsPerToken === undefined ? {} : { lossIsPerToken: model.lossIsPerToken }),
    namedParameters: () => model.namedParameters(),
    forward: ({ labels, ...inputs }, options) => {
      const logits = model.forward(inputs, options).logits!;
      if (!labels) return { loss: null, logits };
      const { context } = options;
      const given = context.feed(({ batch }) => typed(batch['labels']!.data), labels.shape);
      return { loss: computeLoss(logits, given, itemsOf(model, context)), logits };
    },
    ...(model.bucket ? { bucket: (batch) => model.bucket!(batch) } : {}),
    itemsIn: (batch) => model.itemsIn(batch),
    floatingPointOperations: (batch) => model.floatingPointOperations(batch),
    configJson: () => model.configJson(),
  };
}

const typed = (values: ArrayLike<number>): Int32Array | Float32Array =>
  values instanceof Float32Array ? values : Int32Array.from(values);

/** Of an evaluation: those of its batch. */
const itemsOf = (model: TrainableModel, context: ForwardContext): Scalar =>
  context
    .feed(({ numItemsInBatch, batch }) => Float32Array.of(numItemsInBatch ?? model.itemsIn(batch)), [1])
    .asScalar();
