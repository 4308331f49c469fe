// A run's store for a page, and its snapshot.

import { useCallback, useEffect, useReducer, useState, useSyncExternalStore } from 'react';
import type { RunSnapshot, RunStore } from '#client/run-store.ts';
import type { RunId } from '#protocol/ids.ts';
import type { StudioError } from '#util/studio-error.ts';
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

/** The snapshots of several runs, as far as they are open, in the order of the ids. */
export function useRunSnapshots(ids: readonly RunId[]): {
  readonly snapshots: readonly RunSnapshot[];
  readonly error: StudioError | null;
} {
  const { library } = useStudio();
  const [stores, setStores] = useState<readonly RunStore[]>([]);
  const [error, setError] = useState<StudioError | null>(null);
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const key = ids.join();
  useEffect(() => {
    let current = true;
    setError(null);
    const wanted = key === '' ? [] : (key.split(',') as RunId[]);
    Promise.all(wanted.map((id) => library.open(id))).then(
      (opened) => current && setStores(opened),
      (thrown: unknown) => current && setError(toStudioError(thrown)),
    );
    return () => {
      current = false;
    };
  }, [library, key]);
  useEffect(() => {
    const ends = stores.map((store) => store.subscribe(redraw));
    return () => {
      for (const end of ends) end();
    };
  }, [stores]);
  return { snapshots: stores.map((store) => store.getSnapshot()), error };
}

const NEVER = (): (() => void) => () => {};

/** The snapshot of a run that may not be open yet. */
export function useRunSnapshotOf(store: Loadable<RunStore>): RunSnapshot | null {
  const ready = store.status === 'ready' ? store.value : null;
  const getSnapshot = useCallback(() => ready?.getSnapshot() ?? null, [ready]);
  return useSyncExternalStore(ready?.subscribe ?? NEVER, getSnapshot);
}
