// Puts together the Trainer of a run of the runner: once, or anew for each trial of a search.

import { join } from 'node:path';
import type { Engine } from '#gpu/initialize.ts';
import type { HubConnection } from '#protocol/hub-messages.ts';
import type { RunId } from '#protocol/ids.ts';
import { TENSORBOARD } from '#protocol/report-to.ts';
import type { TrainingArguments } from '#protocol/training-arguments.ts';
import { EarlyStoppingCallback } from '#trainer/callbacks/early-stopping-callback.ts';
import type { TrainerCallback } from '#trainer/callbacks/trainer-callback.ts';
import type { TrainerHooks, TrainerOptions } from '#trainer/trainer-options.ts';
import { type BuiltRun, buildTrainer } from '#worker/build-trainer.ts';
import { batchSizeText, nonFiniteLossText, pushedText } from '#worker/run-notices.ts';
import type { EndSignal } from './end-signal.ts';
import type { FolderCheckpointStore } from './folder-checkpoint-store.ts';
import type { Inputs } from './open-inputs.ts';
import type { RunConfig } from './run-config.ts';
import { say } from './say.ts';
import { defaultLogDir, tensorBoardCallback } from './tensor-board-callback.ts';
import { type LoadModule, loadCallbacks } from './user-callbacks.ts';

/** The runner has one run in a folder. */
export const RUN = 'run' as RunId;

export interface RunParts {
  readonly config: RunConfig;
  readonly inputs: Inputs;
  readonly engine: Engine;
  readonly loadModule: LoadModule;
  /** Null: signals end the process, as they do by default. */
  readonly endSignal: EndSignal | null;
  /** Where push_to_hub pushes to; null: nothing is pushed. */
  readonly hub: HubConnection | null;
}

export interface RunPlace extends Pick<TrainerOptions, 'trial' | 'hooks' | 'pusher'> {
  readonly args: TrainingArguments;
  readonly rawArguments: Readonly<Record<string, unknown>>;
  readonly store: FolderCheckpointStore;
  /** Of all, also where `store` has a folder of its own for a trial. */
  readonly outputDir: string;
  /** Beside those that run.json asks for. Default: none. */
  readonly callbacks?: readonly TrainerCallback[];
}

/** Loads the weights. Callbacks are made anew. */
export async function buildRun(
  { config, inputs, loadModule, endSignal }: RunParts,
  place: RunPlace,
): Promise<BuiltRun> {
  const { args, rawArguments, store, trial, hooks, pusher, callbacks = [] } = place;
  const built = await buildTrainer({
    ...inputs,
    taskOptions: config.options,
    onSample: (step, text) => say(`sample at step ${step}: ${text}`),
    args,
    options: {
      checkpointStore: store,
      runId: RUN,
      rawArguments,
      ...(trial ? { trial } : {}),
      ...(pusher ? { pusher } : {}),
      callbacks: [
        reporter(),
        ...tensorBoard(place),
        ...(config.earlyStopping ? [new EarlyStoppingCallback(config.earlyStopping)] : []),
        ...(await loadCallbacks(config.callbacks, loadModule)),
        ...(endSignal ? [endSignal.callback] : []),
        ...callbacks,
      ],
      hooks: { ...NOTICES, ...hooks, isInterrupted: () => endSignal?.endedRun ?? false },
    },
  });
  if (built.fresh.length > 0) say(`new parameters, started from seed ${args.seed}: ${built.fresh.join(', ')}`);
  return built;
}

const NOTICES: TrainerHooks = {
  onNotReplayed: (reason) => say(`note: steps of this run can not be replayed, which makes them slower: ${reason}`),
  onNonFiniteLoss: (place) => say(`warning: ${nonFiniteLossText(place)}`),
  onWarning: (message) => say(`warning: ${message}`),
  onPushed: (pushed) => say(pushedText(pushed)),
  onBatchSize: (change) => say(`warning: ${batchSizeText(change)}`),
};

function tensorBoard({ args, rawArguments, outputDir, trial }: RunPlace): TrainerCallback[] {
  if (!args.reportTo.includes(TENSORBOARD)) return [];
  return [tensorBoardCallback(join(outputDir, defaultLogDir(new Date()), trial?.name ?? ''), rawArguments)];
}

/** Log entries as JSON lines, progress now and then. */
function reporter(): TrainerCallback {
  let last = 0;
  return {
    name: 'ReporterCallback',
    onLog: ({ logs }) => void process.stdout.write(`${JSON.stringify(logs)}\n`),
    onStepEnd: ({ state }) => {
      const now = performance.now();
      if (now - last < 1000 && state.globalStep < state.maxSteps) return;
      last = now;
      say(`step ${state.globalStep}/${state.maxSteps}`);
    },
    onSave: ({ state }) => say(`saved checkpoint-${state.globalStep}`),
  };
}
