// How the inputs of a batch are read from it. Each function is asked anew for every batch, replayed or not.

import type { Batch } from '#util/nd-array.ts';
import { checkTokenIds } from './check-token-ids.ts';
import type { ModelShape } from './model-shape.ts';

export interface TextInputs {
  readonly batchSize: number;
  readonly length: number;
  /** int32 [B, L], row-major, as all of these. */
  readonly inputIds: (batch: Batch) => Int32Array;
  /** 1 where there is a token, 0 where there is padding. */
  readonly attentionMask: (batch: Batch) => Int32Array;
  /** Segment of each token. */
  readonly tokenTypeIds: (batch: Batch) => Int32Array;
  /** `position_ids`, else 0, 1, 2, … in every row. */
  readonly positions: (batch: Batch) => Int32Array;
}

/** @throws StudioError for ids, or a length, that the model can not read. */
export function readTextInputs(batch: Batch, shape: ModelShape): TextInputs {
  const [batchSize, length] = checkTokenIds(batch, shape);
  const filled = (name: string, value: number) => (from: Batch) =>
    Int32Array.from(from[name]?.data ?? new Int32Array(batchSize * length).fill(value));
  return {
    batchSize,
    length,
    inputIds: (from) => {
      checkTokenIds(from, shape);
      return filled('input_ids', 0)(from);
    },
    attentionMask: filled('attention_mask', 1),
    tokenTypeIds: filled('token_type_ids', 0),
    positions: (from) =>
      Int32Array.from(from['position_ids']?.data ?? new Int32Array(batchSize * length).map((_, i) => i % length)),
  };
}
