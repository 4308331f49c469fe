// The sweeps of this browser, kept up to date.

import { useEffect, useState } from 'react';
import type { SweepDetail } from '#protocol/sweep-messages.ts';
import type { StudioError } from '#util/studio-error.ts';
import { useStudio } from '../../hooks/studio-context.ts';
import { toStudioError } from '../../hooks/to-studio-error.ts';

interface Sweeps {
  /** Newest first; null until they are read. */
  readonly sweeps: readonly SweepDetail[] | null;
  readonly error: StudioError | null;
  readonly reload: () => void;
}

export function useSweeps(): Sweeps {
  const { client } = useStudio();
  const [sweeps, setSweeps] = useState<readonly SweepDetail[] | null>(null);
  const [error, setError] = useState<StudioError | null>(null);
  const [round, setRound] = useState(0);
  useEffect(() => {
    let current = true;
    client.request('sweep/list', {}).then(
      (list) => current && round >= 0 && setSweeps(list),
      (thrown: unknown) => current && setError(toStudioError(thrown)),
    );
    return () => {
      current = false;
    };
  }, [client, round]);
  useEffect(
    () =>
      client.onSweep(({ sweep }) =>
        setSweeps((before) => [sweep, ...(before ?? []).filter(({ sweepId }) => sweepId !== sweep.sweepId)]),
      ),
    [client],
  );
  return { sweeps, error, reload: () => setRound((count) => count + 1) };
}
