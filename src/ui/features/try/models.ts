// Which models stand next to each other on the playground: checkpoints of a run, and the model it began with. Kept in
// the address.

import type { CheckpointId } from '#protocol/ids.ts';
import type { CheckpointSummary } from '#protocol/messages.ts';
import { t } from '../../language/translate.ts';

/** The model as the run began with it. */
export const BASE = 'base';

export type TriedModel = CheckpointId | typeof BASE;

/** More would not fit beside each other. */
export const MOST = 4;

/** Those of the address that are there; else the one to keep: the best, the final, the latest. */
export function readTried(
  given: readonly string[] | null,
  checkpoints: readonly CheckpointSummary[],
): readonly TriedModel[] {
  const known = (id: string): boolean => id === BASE || checkpoints.some(({ checkpointId }) => checkpointId === id);
  const chosen = (given ?? []).filter(known) as TriedModel[];
  if (chosen.length > 0) return chosen.slice(0, MOST);
  const best =
    checkpoints.find(({ isBest }) => isBest) ??
    checkpoints.find(({ name }) => name === 'final') ??
    checkpoints.find(({ isLatest }) => isLatest) ??
    checkpoints.at(-1);
  return [best?.checkpointId ?? BASE];
}

export function labelOfModel(model: TriedModel, checkpoints: readonly CheckpointSummary[]): string {
  if (model === BASE) return t`Before training`;
  const found = checkpoints.find(({ checkpointId }) => checkpointId === model);
  if (!found) return model;
  return `${found.name}${found.isBest ? t` ★ best` : ''}${found.isLatest ? t` (latest)` : ''}`;
}
