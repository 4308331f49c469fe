// A transfer from or to the Hub: one at a time, with its progress, its error, and a way to cancel it.

import { useEffect, useRef, useState } from 'react';
import type { HubProgressEvent } from '#protocol/hub-messages.ts';
import type { StudioError } from '#util/studio-error.ts';
import { useStudio } from './studio-context.ts';
import { useAction } from './use-action.ts';

export interface Transfer {
  readonly busy: boolean;
  /** Null until the first news. */
  readonly progress: HubProgressEvent | null;
  readonly error: StudioError | null;
  readonly dismiss: () => void;
  readonly start: (work: (transferId: string) => Promise<unknown>) => void;
  readonly cancel: () => void;
}

export function useTransfer(): Transfer {
  const { client } = useStudio();
  const { busy, error, dismiss, start } = useAction();
  const [progress, setProgress] = useState<HubProgressEvent | null>(null);
  const transferId = useRef('');
  useEffect(
    () => client.onHubProgress((event) => event.transferId === transferId.current && setProgress(event)),
    [client],
  );
  // Who leaves the page of a transfer wants it no longer. What has come is kept.
  useEffect(
    () => () => {
      if (transferId.current !== '') void client.request('hub/cancel', { transferId: transferId.current });
    },
    [client],
  );
  return {
    busy: busy !== null,
    progress,
    error,
    dismiss,
    start: (work) =>
      start('transfer', () => {
        transferId.current = crypto.randomUUID();
        setProgress(null);
        return work(transferId.current);
      }),
    cancel: () => void client.request('hub/cancel', { transferId: transferId.current }),
  };
}
