// What a run tells in words while it trains, in the studio and in the runner.

import type { Pushed } from '#trainer/hub-pusher.ts';
import type { LossPlace } from '#trainer/training-session.ts';
import { msg } from '#util/msg.ts';

/** Rows are counted from 1, as a person counts them. */
export function nonFiniteLossText({ step, rows }: LossPlace): string {
  const named = rows.slice(0, 16).map((row) => row + 1);
  const more = rows.length > named.length ? msg` and more` : '';
  return msg`The loss is not a finite number at step ${step}, in the batch of rows ${named.join(', ')}${more} of the training data. Look at these rows, or try a lower learning rate.`;
}

export function batchSizeText({ from, to }: { readonly from: number; readonly to: number }): string {
  return msg`The GPU ran out of memory with ${from} rows at once. The run starts again from its first weights with ${to}.`;
}

export function pushedText({ name, repo, folder }: Pushed): string {
  return msg`Pushed ${name === 'final' ? msg`the final model` : name} to ${repo}${folder === null ? '' : msg`, folder ${folder}`}.`;
}
