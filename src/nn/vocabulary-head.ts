// The end of a language model: what its hidden states are mapped to the vocabulary by. Its logits, or its loss without them.

import type { Scalar, Tensor } from '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs';
import { linear } from '#kernels/linear/linear.ts';
import { linearCrossEntropy } from '#kernels/linear-cross-entropy/linear-cross-entropy.ts';
import { softCap } from '#kernels/soft-cap/soft-cap.ts';
import type { Batch } from '#util/nd-array.ts';
import type { ForwardContext } from './forward-context.ts';
import type { LoraPair } from './lora-pair.ts';
import { tokenLoss, tokenTargets } from './losses.ts';
import type { Parameter } from './parameter.ts';

export interface VocabularyHead {
  /** [B, L, D] */
  readonly hidden: Tensor;
  /** [V, D] */
  readonly weight: Parameter;
  /** [V]; null: none. */
  readonly bias: Parameter | null;
  /** Logits are softly limited to ± this; 0: they are not. */
  readonly cap: number;
  /** What is trained in place of the weight; null: nothing. */
  readonly lora: LoraPair | null;
}

/** [B, L, V] in the context's storage. */
export function vocabularyLogits({ hidden, weight, bias, cap, lora }: VocabularyHead, context: ForwardContext): Tensor {
  const mapped = linear(context.operand(hidden), context.weight(weight), bias?.value ?? null);
  const logits = lora ? lora.addTo(mapped, hidden, 0, context) : mapped;
  return cap > 0 ? softCap(logits, cap) : logits;
}

/** Cross-entropy with the labels read from the batch, over those that count. */
export function vocabularyLoss(
  head: VocabularyHead,
  context: ForwardContext,
  labelsIn: (batch: Batch) => Int32Array,
  labelSmoothing: number,
): Scalar {
  const { hidden, weight, bias, cap, lora } = head;
  const [batchSize, length, width] = hidden.shape as [number, number, number];
  const rows = batchSize * length;
  // An adapter adds to logits that are there.
  if (lora) {
    const logits = tf.reshape(vocabularyLogits(head, context), [rows, weight.shape[0]!]);
    return tokenLoss(logits, context, labelsIn, labelSmoothing);
  }
  const x = tf.reshape(context.operand(hidden), [rows, width]);
  const targets = tokenTargets(rows, context, labelsIn);
  return linearCrossEntropy(x, context.weight(weight), bias?.value ?? null, targets, {
    smoothing: labelSmoothing,
    cap,
  });
}
