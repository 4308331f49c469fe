// The state of a run in words and colour.

import { Badge, type BadgeProps } from '@mantine/core';
import type { RunState } from '#protocol/run-state.ts';

const PHASES = {
  loading: 'Loading the model',
  tokenizing: 'Tokenizing',
  compiling: 'Preparing the GPU',
  resuming: 'Resuming',
} as const;

/** One or a few words. */
export function describeState(state: RunState): string {
  switch (state.status) {
    case 'preparing':
      return PHASES[state.phase];
    case 'training':
      return 'Training';
    case 'evaluating':
      return 'Evaluating';
    case 'saving':
      return 'Saving';
    case 'paused':
      return state.reason === 'user' ? 'Paused' : 'Paused: storage is full';
    case 'finalizing':
      return 'Finishing';
    case 'completed':
      return 'Completed';
    case 'stopped':
      return state.saved ? `Stopped and saved at step ${state.step}` : `Stopped at step ${state.step}`;
    case 'failed':
      return 'Failed';
    case 'interrupted':
      return 'Interrupted';
    default:
      return state satisfies never;
  }
}

const COLORS: Record<RunState['status'], string> = {
  preparing: 'blue',
  training: 'blue',
  evaluating: 'violet',
  saving: 'blue',
  paused: 'yellow',
  finalizing: 'blue',
  completed: 'green',
  stopped: 'gray',
  failed: 'red',
  interrupted: 'orange',
};

export function RunStatusBadge({ state, ...badge }: { state: RunState } & BadgeProps) {
  return (
    <Badge color={COLORS[state.status]} variant="light" tt="none" data-status={state.status} {...badge}>
      {describeState(state)}
    </Badge>
  );
}
