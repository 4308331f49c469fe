// Losses of a classification or regression head, by HF's `problem_type`.

import type { Scalar, Tensor } from '@tensorflow/tfjs';
import { castStorage } from '#kernels/cast-storage/cast-storage.ts';
import { crossEntropy } from '#kernels/cross-entropy/cross-entropy.ts';
import { type LabelVectorLoss, labelVectorLoss } from '#kernels/label-vector-loss/label-vector-loss.ts';
import { IGNORE_INDEX } from '#util/ignore-index.ts';
import type { Batch, NdArray, NdArrayData } from '#util/nd-array.ts';
import type { ForwardContext } from './forward-context.ts';

export type ProblemType = 'single_label_classification' | 'multi_label_classification' | 'regression';

/**
 * The loss of a batch's `labels`: the mean over examples (and over labels of an example, where there are several).
 * @param logits [B, C] of any storage; the loss is computed in float32.
 * @param context whose batch has labels. Single label: int [B]; multi-label: [B, C]; regression: [B] or [B, C].
 */
export function sequenceClassificationLoss(
  logits: Tensor,
  type: ProblemType,
  context: ForwardContext,
  labelSmoothing: number,
): Scalar {
  switch (type) {
    case 'single_label_classification':
      return classLoss(logits, context, labelSmoothing);
    case 'multi_label_classification':
      return vectorLoss('binary-cross-entropy', logits, context);
    case 'regression':
      return vectorLoss('squared-error', logits, context);
    default:
      return type satisfies never;
  }
}

/** Cross-entropy of logits [N, C] with the batch's N labels, over the labels that count. */
const classLoss = (logits: Tensor, context: ForwardContext, labelSmoothing: number): Scalar =>
  tokenLoss(logits, context, (batch) => Int32Array.from(labelsOf(batch).data), labelSmoothing);

/** Cross-entropy of logits [N, C] with N labels read from the batch, over the labels that count. */
export function tokenLoss(
  logits: Tensor,
  context: ForwardContext,
  labelsIn: (batch: Batch) => Int32Array,
  labelSmoothing: number,
): Scalar {
  const { labels, scale } = tokenTargets(logits.shape[0]!, context, labelsIn);
  return crossEntropy(logits, labels, scale, labelSmoothing);
}

/** Labels int32 [N], and f32 [1] one divided by those that count. */
export function tokenTargets(
  rows: number,
  context: ForwardContext,
  labelsIn: (batch: Batch) => Int32Array,
): { readonly labels: Tensor; readonly scale: Tensor } {
  const labels = context.feed(({ batch }) => labelsIn(batch), [rows]);
  const scale = context.feed(
    ({ batch, numItemsInBatch }) => Float32Array.of(1 / (numItemsInBatch ?? countedLabels(labelsIn(batch)))),
    [1],
  );
  return { labels, scale };
}

function labelsOf(batch: Batch): NdArray {
  const labels = batch['labels'];
  if (!labels) throw new Error('the batch has no labels');
  return labels;
}

/** Rows whose class label is not the ignored one. */
export const countedRows = (labels: NdArray): number => countedLabels(labels.data);

export function countedLabels(labels: NdArrayData): number {
  let count = 0;
  for (const label of labels) if (label !== IGNORE_INDEX) count++;
  return count;
}

/** The mean over examples of the means over their labels. */
function vectorLoss(kind: LabelVectorLoss, logits: Tensor, context: ForwardContext): Scalar {
  const [rows, columns] = logits.shape as [number, number];
  const targets = context.feed(({ batch }) => Float32Array.from(labelsOf(batch).data), [rows, columns]);
  const scale = context.feed(({ numItemsInBatch }) => Float32Array.of(1 / (columns * (numItemsInBatch ?? rows))), [1]);
  return labelVectorLoss(kind, castStorage(logits, 'f32'), targets, scale);
}
