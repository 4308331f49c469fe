// A hyperparameter search of the runner: each trial in a folder of its own, the best one told at the end.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { latestCheckpoint } from '#trainer/run-checkpoints.ts';
import { hyperparameterSearch, type SearchOptions } from '#trainer/search/hyperparameter-search.ts';
import type { Trial } from '#trainer/search/trial.ts';
import { type TrialRun, type TrialStart, trialHooks } from '#trainer/search/trial-run.ts';
import { FolderCheckpointStore } from './folder-checkpoint-store.ts';
import { FolderTrialStore } from './folder-trial-store.ts';
import { buildRun, RUN, type RunParts } from './run-builder.ts';
import { say } from './say.ts';

/** What a trial was, and how it ended, goes to standard output between the entries of its log. */
const print = (entry: object): void => void process.stdout.write(`${JSON.stringify(entry)}\n`);

/** @param outputDir is there already. */
export async function runSearch(search: SearchOptions, outputDir: string, parts: RunParts): Promise<void> {
  const { args, rawArguments } = parts.config;
  const best = await hyperparameterSearch(
    { ...search, trialStore: new FolderTrialStore(outputDir), onTrial: report },
    { args, rawArguments, runTrial: (start) => openTrial(start, outputDir, parts) },
  );
  const { runId, objective, hyperparameters } = best;
  const result = { run_id: runId, objective, hyperparameters };
  await writeFile(join(outputDir, 'best_run.json'), `${JSON.stringify(result, null, 2)}\n`);
  print({ best_run: result });
  say(
    `done: trial ${runId} was the best of ${best.trials.length}; its model lies in ${join(outputDir, `run-${runId}`)}`,
  );
}

function report({ number, params, state, value, error }: Trial): void {
  print({ trial: number, params, state, value, ...(error ? { error } : {}) });
  if (state === 'running') say(`trial ${number}: ${JSON.stringify(params)}`);
  else say(`trial ${number} ${state}${value === null ? '' : `, objective ${value.toPrecision(6)}`}`);
}

async function openTrial(start: TrialStart, outputDir: string, parts: RunParts): Promise<TrialRun> {
  const { trial, rawArguments } = start;
  const args = { ...start.args, pushToHub: false };
  const store = new FolderCheckpointStore(join(outputDir, trial.name));
  const stored = await latestCheckpoint(store, RUN);
  const hooks = trialHooks(undefined, start);
  const { trainer, network } = await buildRun(parts, { args, rawArguments, store, outputDir, trial, hooks });
  return {
    step: stored?.manifest.step ?? 0,
    train: async () => {
      await trainer.train(stored ?? false);
      parts.endSignal?.throwIfEnded(() => 'Started again in the same folder, the search goes on.');
    },
    evaluate: () => trainer.evaluate(),
    keep: () => trainer.saveModel(),
    dispose: () => {
      trainer.dispose();
      network.dispose();
    },
  };
}
