// What a model is trained for: the loss of its logits against the labels of a batch.

import type { Scalar, Tensor } from '@tensorflow/tfjs';
import type { ForwardContext } from '#nn/forward-context.ts';
import type { VocabularyHead } from '#nn/vocabulary-head.ts';
import type { Batch } from '#util/nd-array.ts';

export interface Objective {
  readonly labelNames: readonly string[];
  /** Whether the loss is a mean over tokens; else each example counts once. */
  readonly isPerToken: boolean;
  /** The loss of the context's batch, which has all of `labelNames`. */
  loss(logits: Tensor, context: ForwardContext, labelSmoothing: number): Scalar;
  /** The same of a head over a vocabulary, where its logits have no other use. Absent: they are needed. */
  vocabularyLoss?(head: VocabularyHead, context: ForwardContext, labelSmoothing: number): Scalar;
  /** What the batch adds to the number that the sum of an update's losses is divided by. */
  itemsIn(batch: Batch): number;
  /**
   * The labels of a batch whose rows are filled up to `length`; null where the loss depends on the length of the rows, so
   * that they must stay as they are.
   */
  fillUp(batch: Batch, length: number): Batch | null;
}
