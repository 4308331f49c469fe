// What the keyboard and the palette can do with the active run.

import type { TrainerClient } from '#client/trainer-client.ts';
import type { RunSummary } from '#protocol/messages.ts';
import { t } from '../language/translate.ts';

export interface RunCommand {
  readonly id: string;
  readonly label: string;
  readonly keys: string;
  readonly run: () => Promise<unknown>;
}

/** Those that make sense in its state; none without an active run. */
export function activeRunCommands(client: TrainerClient, active: RunSummary | null): readonly RunCommand[] {
  if (!active) return [];
  const { runId, state } = active;
  const isPaused = state.status === 'paused';
  const isGoing = state.status === 'training' || state.status === 'evaluating' || state.status === 'saving';
  if (!isPaused && !isGoing) return [];
  const pause: RunCommand = isPaused
    ? { id: 'continue', label: t`Continue the run`, keys: 'P', run: () => client.request('run/continue', { runId }) }
    : { id: 'pause', label: t`Pause the run`, keys: 'P', run: () => client.request('run/pause', { runId }) };
  return [
    pause,
    { id: 'save', label: t`Save a checkpoint now`, keys: 'S', run: () => client.request('run/save-now', { runId }) },
    { id: 'evaluate', label: t`Evaluate now`, keys: 'E', run: () => client.request('run/evaluate-now', { runId }) },
    {
      id: 'stop',
      label: t`Stop and save the run`,
      keys: '',
      run: () => client.request('run/stop', { runId, save: true }),
    },
  ];
}
