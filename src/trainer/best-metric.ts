// Which evaluation is the best so far, and which checkpoints rotation deletes.

import type { CheckpointId } from '#protocol/ids.ts';
import type { TrainingArguments } from '#protocol/training-arguments.ts';
import type { CheckpointManifest } from '#storage/checkpoint-store.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import { evalKey } from './callbacks/early-stopping-callback.ts';
import type { Metrics } from './evaluation-loop.ts';
import type { TrainerState } from './trainer-state.ts';

/**
 * Updates the best metric after an evaluation; strict improvement counts, NaN never wins.
 * @returns whether this evaluation is the best so far.
 * @throws StudioError E-ARGS when the evaluation did not report the metric, listing what it reported.
 */
export function updateBestMetric(metrics: Metrics, args: TrainingArguments, state: TrainerState): boolean {
  if (args.metricForBestModel === null) return false;
  const value = decidingMetric(metrics, args.metricForBestModel);
  state.bestMetric ??= args.greaterIsBetter ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const better = args.greaterIsBetter ? value > state.bestMetric : value < state.bestMetric;
  if (!better) return false;
  state.bestMetric = value;
  // Of a run that saves nothing HF keeps no step.
  if (args.saveStrategy !== 'no') state.bestGlobalStep = state.globalStep;
  return true;
}

/**
 * The number that best checkpoints, and schedules that follow a metric, go by.
 * @param name metric_for_best_model. @throws StudioError E-ARGS when the evaluation did not report it.
 */
export function decidingMetric(metrics: Metrics, name: string): number {
  const value = metrics[evalKey(name)];
  if (typeof value !== 'number') throw missingMetric(name, metrics);
  return value;
}

function missingMetric(name: string, metrics: Metrics): StudioError {
  const offered = Object.keys(metrics).filter((key) => typeof metrics[key] === 'number');
  return new StudioError('E-ARGS', msg`metric_for_best_model is "${name}", which the evaluation does not report.`, {
    where: 'metric_for_best_model',
    hint: msg`Choose one of: ${offered.join(', ')}.`,
    safe: msg`Checkpoints written so far are kept.`,
  });
}

/**
 * HF's rotation: the newest and the best stay; the oldest of the rest go until `limit` remain.
 * @param others the run's other checkpoints, oldest first. @param bestName folder name of the best one.
 */
export function rotateCheckpoints(
  others: readonly CheckpointManifest[],
  limit: number | null,
  newName: string,
  bestName: string | null,
): CheckpointId[] {
  if (limit === null || limit <= 0) return [];
  const candidates = others.filter(({ name }) => name.startsWith('checkpoint-') && name !== newName);
  const protectedCount = 1 + (candidates.some(({ name }) => name === bestName) ? 1 : 0);
  const excess = candidates.length + 1 - Math.max(limit, protectedCount);
  return candidates
    .filter(({ name }) => name !== bestName)
    .slice(0, Math.max(0, excess))
    .map(({ checkpointId }) => checkpointId);
}
