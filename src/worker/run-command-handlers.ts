// What a person asks of the run in training.

import type { RunId } from '#protocol/ids.ts';
import type { Requests } from '#protocol/messages.ts';
import type { TrainingRun } from './training-run.ts';

type Commands =
  | 'run/pause'
  | 'run/continue'
  | 'run/stop'
  | 'run/save-now'
  | 'run/evaluate-now'
  | 'run/change'
  | 'run/profile';

type CommandHandlers = { readonly [T in Commands]: (params: Requests[T]['params']) => Promise<Requests[T]['result']> };

/** @param activeRun throws where this run is not in training here. */
export function runCommandHandlers(activeRun: (runId: RunId) => TrainingRun): CommandHandlers {
  return {
    'run/pause': async ({ runId }) => {
      activeRun(runId).commands.pause();
      return {};
    },
    'run/continue': async ({ runId }) => {
      activeRun(runId).continue();
      return {};
    },
    'run/stop': async ({ runId, save }) => {
      activeRun(runId).stop(save);
      return {};
    },
    'run/save-now': async ({ runId }) => {
      activeRun(runId).commands.saveNow();
      return {};
    },
    'run/evaluate-now': async ({ runId }) => {
      activeRun(runId).commands.evaluateNow();
      return {};
    },
    'run/change': async ({ runId, changes }) => {
      activeRun(runId).change(changes);
      return {};
    },
    'run/profile': async ({ runId, updates }) => activeRun(runId).profile(updates),
  };
}
