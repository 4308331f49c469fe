// Tells screen readers, and the tab's title, how the active run goes. Only changes of state are spoken.

import { VisuallyHidden } from '@mantine/core';
import { useEffect, useRef } from 'react';
import type { RunSummary } from '#protocol/messages.ts';
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
  return (
    <VisuallyHidden role="status" aria-live="polite">
      {told && `${told.name}: ${describeState(told.state)}`}
    </VisuallyHidden>
  );
}

function titleOf(active: RunSummary | null): string {
  if (!active) return 'Atelier';
  const share = active.maxSteps > 0 ? active.step / active.maxSteps : 0;
  const state = active.state.status === 'training' ? '' : ` · ${describeState(active.state)}`;
  return `${formatPercent(share)}${state} · ${active.name} · Atelier`;
}
