// One label, several labels or values for each text, by HF's `problem_type`.

import { countedRows, type ProblemType, sequenceClassificationLoss } from '#nn/losses.ts';
import type { Objective } from './objective.ts';

/** Logits [B, C]; see `sequenceClassificationLoss` for the labels. */
export const sequenceClassification = (problemType: ProblemType): Objective => ({
  labelNames: ['labels'],
  isPerToken: false,
  loss: (logits, context, labelSmoothing) => sequenceClassificationLoss(logits, problemType, context, labelSmoothing),
  itemsIn: (batch) => {
    const labels = batch['labels'];
    if (!labels) return 0;
    return problemType === 'single_label_classification' ? countedRows(labels) : labels.shape[0]!;
  },
  fillUp: (batch) => batch,
});
