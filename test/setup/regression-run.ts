// A Trainer on a line with a store in memory, as the tests of checkpoints start it.

import type { RunId } from '#protocol/ids.ts';
import type { CheckpointStore, StoredCheckpoint } from '#storage/checkpoint-store.ts';
import { MemoryCheckpointStore } from '#storage/memory-checkpoint-store.ts';
import { Trainer } from '#trainer/trainer.ts';
import type { TrainerOptions } from '#trainer/trainer-options.ts';
import { argumentsOf, LinearRegression, line } from './linear-regression.ts';

export const RUN = 'run' as RunId;

type Given = Partial<TrainerOptions> & { readonly arguments?: Record<string, unknown> };

export function start({ arguments: given = {}, ...options }: Given = {}) {
  const model = new LinearRegression();
  const store = new MemoryCheckpointStore(() => 0);
  const args = argumentsOf({ learning_rate: 0.1, save_strategy: 'steps', save_steps: 1, max_steps: 5, ...given });
  const trainer = new Trainer({
    model,
    args,
    trainDataset: line(10),
    evalDataset: line(4),
    checkpointStore: store,
    runId: RUN,
    ...options,
  });
  return { model, store, trainer };
}

export const namesIn = async (store: CheckpointStore): Promise<string[]> =>
  (await store.list(RUN)).map(({ name }) => name);

export async function openStep(store: CheckpointStore, step: number): Promise<StoredCheckpoint> {
  const manifest = (await store.list(RUN)).find(({ name }) => name === `checkpoint-${step}`)!;
  return store.open(RUN, manifest.checkpointId);
}

/** Evaluations give these numbers, one after the other. */
export function scripted(scores: readonly number[]) {
  let call = 0;
  return () => ({ score: scores[call++]! });
}
export const BEST = {
  eval_strategy: 'steps',
  eval_steps: 1,
  load_best_model_at_end: true,
  metric_for_best_model: 'score',
};

/** The entries of the log that training made. */
export const losses = (trainer: Trainer) => trainer.state.logHistory.filter((entry) => 'loss' in entry);
