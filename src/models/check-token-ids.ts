// Refuses token ids that a model can not read, before they reach the device.

import { msg } from '#util/msg.ts';
import type { Batch } from '#util/nd-array.ts';
import { StudioError } from '#util/studio-error.ts';

/** @returns rows and length of `input_ids`. @throws StudioError for ids, or a length, that the model can not read. */
export function checkTokenIds(
  batch: Batch,
  { vocabSize, maxPositions }: { readonly vocabSize: number; readonly maxPositions: number },
): [number, number] {
  const ids = batch['input_ids'];
  if (!ids) {
    throw new StudioError('E-DATA-COLUMN', msg`A batch has no input_ids.`, {
      hint: msg`Tokenize the text columns first.`,
    });
  }
  const [batchSize, length] = ids.shape as [number, number];
  if (length > maxPositions) {
    throw new StudioError(
      'E-DATA-FORMAT',
      msg`A batch is ${length} tokens long; this model reads at most ${maxPositions}.`,
      { hint: msg`Set max_length to ${maxPositions} or less.` },
    );
  }
  const bad = ids.data.find((id) => id < 0 || id >= vocabSize);
  if (bad !== undefined) {
    throw new StudioError('E-TOKENIZER', msg`The tokenizer gives id ${bad}; this model has ${vocabSize} embeddings.`, {
      hint: msg`Use the tokenizer that belongs to this model.`,
    });
  }
  return [batchSize, length];
}
