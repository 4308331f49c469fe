// A run's store for a page, and its snapshot.

import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import type { RunSnapshot, RunStore } from '#client/run-store.ts';
import type { RunId } from '#protocol/ids.ts';
import { EMPTY, type Loadable } from './loadable.ts';
import { useStudio } from './studio-context.ts';
import { toStudioError } from './to-studio-error.ts';

export function useRunStore(runId: RunId): Loadable<RunStore> {
  const { library } = useStudio();
  const [store, setStore] = useState<Loadable<RunStore>>(EMPTY);
  useEffect(() => {
    let current = true;
    setStore({ status: 'loading' });
    library.open(runId).then(
      (value) => current && setStore({ status: 'ready', value }),
      (thrown: unknown) => current && setStore({ status: 'failed', error: toStudioError(thrown) }),
    );
    return () => {
      current = false;
    };
  }, [library, runId]);
  return store;
}

export function useRunSnapshot(store: RunStore): RunSnapshot {
  return useSyncExternalStore(store.subscribe, store.getSnapshot);
}

const NEVER = (): (() => void) => () => {};

/** The snapshot of a run that may not be open yet. */
export function useRunSnapshotOf(store: Loadable<RunStore>): RunSnapshot | null {
  const ready = store.status === 'ready' ? store.value : null;
  const getSnapshot = useCallback(() => ready?.getSnapshot() ?? null, [ready]);
  return useSyncExternalStore(ready?.subscribe ?? NEVER, getSnapshot);
}
