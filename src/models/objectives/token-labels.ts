// A class for each token: labels of words, hidden words, or the next token.

import * as tf from '@tensorflow/tfjs';
import { countedLabels, tokenLoss } from '#nn/losses.ts';
import { vocabularyLoss } from '#nn/vocabulary-head.ts';
import { IGNORE_INDEX } from '#util/ignore-index.ts';
import type { Batch } from '#util/nd-array.ts';
import { padBatch } from '../pad-batch.ts';
import type { Objective } from './objective.ts';

function tokenObjective(labelsIn: (batch: Batch) => Int32Array): Objective {
  return {
    labelNames: ['labels'],
    isPerToken: true,
    loss: (logits, context, labelSmoothing) => {
      const [batchSize, length, classes] = logits.shape as [number, number, number];
      return tokenLoss(tf.reshape(logits, [batchSize * length, classes]), context, labelsIn, labelSmoothing);
    },
    vocabularyLoss: (head, context, labelSmoothing) => vocabularyLoss(head, context, labelsIn, labelSmoothing),
    itemsIn: (batch) => (batch['labels'] ? countedLabels(labelsIn(batch)) : 0),
    fillUp: (batch, length) => padBatch(batch, ['labels'], length, IGNORE_INDEX),
  };
}

/** Logits [B, L, C], labels int [B, L] or -100: of each token itself, as for token classification and hidden words. */
export const tokenLabels = tokenObjective((batch) => Int32Array.from(batch['labels']!.data));

/** The same, each token's class being the token after it; the last one has none. Or `shift_labels`, where given. */
export const nextToken = tokenObjective((batch) => {
  const given = batch['shift_labels'];
  if (given) return Int32Array.from(given.data);
  const { data, shape } = batch['labels']!;
  const length = shape[1]!;
  return Int32Array.from(data, (_, i) => (i % length === length - 1 ? IGNORE_INDEX : data[i + 1]!));
});
