// Tokens that training has read, for include_num_input_tokens_seen.

import type { CountedTokens } from '#protocol/training-arguments.ts';
import type { Batch } from '#util/nd-array.ts';

/** Tokens of a batch as it was collated: all, or those that the mask lets through. 0 where nothing is counted. */
export function countTokens(batch: Batch, counted: CountedTokens): number {
  const ids = batch['input_ids'];
  if (counted === 'no' || !ids) return 0;
  const mask = batch['attention_mask'];
  if (counted === 'all' || !mask) return ids.data.length;
  let count = 0;
  for (const value of mask.data) if (value !== 0) count++;
  return count;
}
