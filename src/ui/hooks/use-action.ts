// A command given by a person: runs one at a time, and keeps its error for showing.

import { useCallback, useRef, useState } from 'react';
import type { StudioError } from '#util/studio-error.ts';
import { toStudioError } from './to-studio-error.ts';

export interface Action {
  /** Name of the command that runs, null while none does. */
  readonly busy: string | null;
  readonly error: StudioError | null;
  readonly dismiss: () => void;
  /** Starts the work unless something runs already. */
  readonly start: (name: string, work: () => Promise<unknown>) => void;
}

export function useAction(): Action {
  const [busy, setBusy] = useState<string | null>(null);
  const [error, setError] = useState<StudioError | null>(null);
  const running = useRef(false);
  const start = useCallback((name: string, work: () => Promise<unknown>): void => {
    if (running.current) return;
    running.current = true;
    setBusy(name);
    setError(null);
    work()
      .catch((thrown: unknown) => setError(toStudioError(thrown)))
      .finally(() => {
        running.current = false;
        setBusy(null);
      });
  }, []);
  const dismiss = useCallback(() => setError(null), []);
  return { busy, error, dismiss, start };
}
