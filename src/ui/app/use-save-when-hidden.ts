// enable_jit_checkpoint in the studio: when the page is hidden, and so may be closed, the run in training is saved.

import { useEffect, useRef } from 'react';
import type { RunSnapshot } from '#client/run-store.ts';
import type { RunSummary } from '#protocol/messages.ts';
import { useStudio } from '../hooks/studio-context.ts';

/** @param run that this tab trains. @param snapshot null until it is read. */
export function useSaveWhenHidden({ runId, state }: RunSummary, snapshot: RunSnapshot | null): void {
  const { client } = useStudio();
  const isWanted = snapshot?.detail.setup.trainingArguments['enable_jit_checkpoint'] === true;
  const saves = isWanted && (state.status === 'training' || state.status === 'evaluating');
  // Closing a page both hides it and leaves it: one checkpoint is enough.
  const asked = useRef(false);
  useEffect(() => {
    const change = (): void => {
      if (document.visibilityState === 'visible') asked.current = false;
      else save();
    };
    const save = (): void => {
      if (!saves || asked.current) return;
      asked.current = true;
      client.request('run/save-now', { runId }).catch((error: unknown) => {
        // It has just ended, or the engine is gone, which the page tells by itself.
        console.warn('The run could not be saved when the page was hidden.', error);
      });
    };
    document.addEventListener('visibilitychange', change);
    window.addEventListener('pagehide', save);
    return () => {
      document.removeEventListener('visibilitychange', change);
      window.removeEventListener('pagehide', save);
    };
  }, [client, runId, saves]);
}
