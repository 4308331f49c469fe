// Losses of a classification or regression head, by HF's `problem_type`.

import type { Scalar, Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { binaryCrossEntropy } from '#kernels/binary-cross-entropy/binary-cross-entropy.ts';
import { castStorage } from '#kernels/cast-storage/cast-storage.ts';
import { crossEntropy, IGNORE_INDEX } from '#kernels/cross-entropy/cross-entropy.ts';
import type { NdArray } from '#util/nd-array.ts';

export type ProblemType = 'single_label_classification' | 'multi_label_classification' | 'regression';

export interface LossOptions {
  /** Divisor of the summed loss; null: the rows of this batch that count. */
  readonly numItemsInBatch: number | null;
  readonly labelSmoothing: number;
}

/**
 * @param logits [B, C] of any storage; the loss is computed in float32.
 * @param labels single label: int [B]; multi-label: [B, C]; regression: [B] or [B, C].
 * @returns the mean over examples (and over labels of an example, where there are several).
 */
export function sequenceClassificationLoss(
  logits: Tensor,
  labels: NdArray,
  type: ProblemType,
  options: LossOptions,
): Scalar {
  const wide = castStorage(logits, 'f32');
  switch (type) {
    case 'single_label_classification': {
      const rows = crossEntropy(wide, tf.tensor1d(Int32Array.from(labels.data), 'int32'), options.labelSmoothing);
      return meanOf(rows, options.numItemsInBatch ?? countedRows(labels));
    }
    case 'multi_label_classification':
      return meanOf(
        rowMeans(binaryCrossEntropy(wide, targetsLike(wide, labels))),
        options.numItemsInBatch ?? wide.shape[0]!,
      );
    case 'regression':
      return meanOf(
        rowMeans(tf.squaredDifference(wide, targetsLike(wide, labels))),
        options.numItemsInBatch ?? wide.shape[0]!,
      );
    default:
      return type satisfies never;
  }
}

/** Rows whose class label is not the ignored one. */
export const countedRows = (labels: NdArray): number => labels.data.filter((label) => label !== IGNORE_INDEX).length;

const targetsLike = (logits: Tensor, labels: NdArray): Tensor =>
  tf.tensor(Float32Array.from(labels.data), logits.shape, 'float32');
const rowMeans = (losses: Tensor): Tensor => tf.mean(losses, -1);
const meanOf = (rows: Tensor, count: number): Scalar => tf.div(tf.sum(rows), count).asScalar();
