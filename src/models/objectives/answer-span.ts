// Where the answer begins and ends: a class for each position of the text, twice.

import * as tf from '@tensorflow/tfjs';
import { castStorage } from '#kernels/cast-storage/cast-storage.ts';
import { crossEntropy } from '#kernels/cross-entropy/cross-entropy.ts';
import { transposeLast } from '#kernels/transpose-last/transpose-last.ts';
import { IGNORE_INDEX } from '#util/ignore-index.ts';
import type { Batch } from '#util/nd-array.ts';
import type { Objective } from './objective.ts';

/**
 * Logits [B, L, 2]; `start_positions` and `end_positions` int [B]. The mean of both cross-entropies over all L positions,
 * as transformers' question answering heads. A position outside of the text counts for nothing.
 */
export const answerSpan: Objective = {
  labelNames: ['start_positions', 'end_positions'],
  isPerToken: false,
  loss: (logits, context) => {
    const [batchSize, length] = logits.shape as [number, number, number];
    const rows = tf.reshape(transposeLast(castStorage(logits, 'f32')), [2 * batchSize, length]);
    const labels = context.feed(({ batch }) => spanLabels(batch, length), [2 * batchSize]);
    const scale = context.feed(
      ({ batch, numItemsInBatch }) => Float32Array.of(1 / (2 * (numItemsInBatch ?? rowsOf(batch)))),
      [1],
    );
    return crossEntropy(rows, labels, scale);
  },
  itemsIn: (batch) => (batch['start_positions'] ? rowsOf(batch) : 0),
  // Padding takes part in the softmax over positions.
  fillUp: () => null,
};

const rowsOf = (batch: Batch): number => batch['start_positions']!.shape[0]!;

/** Start and end of each row next to each other. */
function spanLabels(batch: Batch, length: number): Int32Array {
  const [starts, ends] = [batch['start_positions']!.data, batch['end_positions']!.data];
  const inside = (position: number): number => (position < length ? Math.max(0, position) : IGNORE_INDEX);
  return Int32Array.from({ length: 2 * starts.length }, (_, i) => inside((i % 2 === 0 ? starts : ends)[i >> 1]!));
}
