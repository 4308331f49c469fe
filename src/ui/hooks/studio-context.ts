// Where components get the worker client and the library of runs.

import { createContext, useContext, useSyncExternalStore } from 'react';
import type { LibrarySnapshot, RunLibrary } from '#client/run-library.ts';
import type { TrainerClient } from '#client/trainer-client.ts';

export interface Studio {
  readonly client: TrainerClient;
  readonly library: RunLibrary;
}

export const StudioContext = createContext<Studio | null>(null);

export function useStudio(): Studio {
  const studio = useContext(StudioContext);
  if (!studio) throw new Error('useStudio needs a StudioContext around it');
  return studio;
}

export function useLibrary(): LibrarySnapshot {
  const { library } = useStudio();
  return useSyncExternalStore(library.subscribe, library.getSnapshot);
}
