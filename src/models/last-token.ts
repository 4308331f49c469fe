// The token whose state stands for a whole text where each position sees those before it alone: the last.

import type { Tensor } from '@tensorflow/tfjs';
import { selectToken } from '#kernels/select-token/select-token.ts';
import type { ForwardContext } from '#nn/forward-context.ts';
import type { Batch } from '#util/nd-array.ts';
import { type ModelShape, paddingIdOf } from './model-shape.ts';
import type { TextInputs } from './text-inputs.ts';

/**
 * hidden [B, L, D] → [B, D]: as in transformers the last token that is not the padding token, whatever the mask; where the
 * config names no such token, the last that the mask lets see.
 */
export function lastToken(hidden: Tensor, inputs: TextInputs, shape: ModelShape, context: ForwardContext): Tensor {
  const padding = paddingIdOf(shape);
  const { batchSize, length } = inputs;
  const positions = (batch: Batch): Int32Array => {
    const values = padding === null ? inputs.attentionMask(batch) : inputs.inputIds(batch);
    const last = (row: number): number =>
      values.subarray(row * length, (row + 1) * length).findLastIndex((value) => value !== (padding ?? 0));
    return Int32Array.from({ length: batchSize }, (_, row) => Math.max(0, last(row)));
  };
  return selectToken(
    hidden,
    context.feed(({ batch }) => positions(batch), [batchSize]),
  );
}
