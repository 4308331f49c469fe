// The state of a run in words and colour.

import { Badge, type BadgeProps } from '@mantine/core';
import type { RunState } from '#protocol/run-state.ts';
import { msg } from '#util/msg.ts';
import { t, translate } from '../language/translate.ts';

const PHASES = {
  loading: msg`Loading the model`,
  tokenizing: msg`Tokenizing`,
  compiling: msg`Preparing the GPU`,
  resuming: msg`Resuming`,
} as const;

/** One or a few words. */
export function describeState(state: RunState): string {
  switch (state.status) {
    case 'preparing':
      return translate(PHASES[state.phase]);
    case 'training':
      return t`Training`;
    case 'evaluating':
      return t`Evaluating`;
    case 'saving':
      return t`Saving`;
    case 'paused':
      return state.reason === 'user' ? t`Paused` : t`Paused: storage is full`;
    case 'finalizing':
      return t`Finishing`;
    case 'completed':
      return t`Completed`;
    case 'stopped':
      return state.saved ? t`Stopped and saved at step ${state.step}` : t`Stopped at step ${state.step}`;
    case 'failed':
      return t`Failed`;
    case 'interrupted':
      return t`Interrupted`;
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
