// What of the Hub is in this browser. Asks nothing of the network.

import { useCallback, useEffect, useState } from 'react';
import type { HubDownload, HubRepo, HubRepoInfo } from '#protocol/hub-messages.ts';
import type { StudioError } from '#util/studio-error.ts';
import { useStudio } from '../../../hooks/studio-context.ts';
import { toStudioError } from '../../../hooks/to-studio-error.ts';

export interface Downloads {
  readonly list: readonly HubDownload[];
  readonly error: StudioError | null;
  readonly reload: () => void;
  readonly of: (info: Pick<HubRepoInfo, 'repo' | 'revision'>) => HubDownload | null;
}

export function useDownloads(kind: HubRepo['kind']): Downloads {
  const { client } = useStudio();
  const [list, setList] = useState<readonly HubDownload[]>([]);
  const [error, setError] = useState<StudioError | null>(null);
  const reload = useCallback(() => {
    client.request('hub/list', {}).then(
      (all) => setList(all.filter(({ repo }) => repo.kind === kind)),
      (thrown: unknown) => setError(toStudioError(thrown)),
    );
  }, [client, kind]);
  useEffect(reload, [reload]);
  const of: Downloads['of'] = ({ repo, revision }) =>
    list.find((download) => download.repo.name === repo.name && download.revision === revision) ?? null;
  return { list, error, reload, of };
}
