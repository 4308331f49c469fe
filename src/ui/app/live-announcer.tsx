// Tells screen readers, and the tab's title, how the active run goes. Only changes of state are spoken.

import { VisuallyHidden } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useEffect, useRef } from 'react';
import { useLocation } from 'wouter';
import type { RunSummary } from '#protocol/messages.ts';
import { isActive } from '#protocol/run-state.ts';
import { describeState } from '../components/run-status.tsx';
import { formatPercent } from '../format.ts';
import { useLibrary } from '../hooks/studio-context.ts';

export function LiveAnnouncer() {
  const { runs, active } = useLibrary();
  // A run that has just ended is no longer active, but its end is what one waits for.
  const lastId = useRef(active?.runId);
  if (active) lastId.current = active.runId;
  const told = active ?? runs?.find((run) => run.runId === lastId.current) ?? null;
  useEffect(() => {
    document.title = titleOf(active);
  }, [active]);
  useEndNotification(told);
  return (
    <VisuallyHidden role="status" aria-live="polite">
      {told && `${told.name}: ${describeState(told.state)}`}
    </VisuallyHidden>
  );
}

/** Whoever looks at another screen sees how the run ended; its own screen says so itself. */
function useEndNotification(run: RunSummary | null): void {
  const before = useRef<RunSummary | null>(null);
  const [path] = useLocation();
  useEffect(() => {
    const ended = before.current?.runId === run?.runId && before.current !== null && isActive(before.current.state);
    before.current = run;
    if (!run || !ended || isActive(run.state) || path === `/run/${run.runId}`) return;
    const color = run.state.status === 'completed' ? 'green' : run.state.status === 'failed' ? 'red' : 'gray';
    notifications.show({ title: run.name, message: describeState(run.state), color });
  }, [run, path]);
}

function titleOf(active: RunSummary | null): string {
  if (!active) return 'Atelier';
  const share = active.maxSteps > 0 ? active.step / active.maxSteps : 0;
  const state = active.state.status === 'training' ? '' : ` · ${describeState(active.state)}`;
  return `${formatPercent(share)}${state} · ${active.name} · Atelier`;
}
