// Handlers of the requests about the Hub, with the transfers that are under way.

import type { HubProgressEvent, HubRequests } from '#protocol/hub-messages.ts';
import type { CheckpointId, RunId } from '#protocol/ids.ts';
import type { StoredCheckpoint } from '#storage/checkpoint-store.ts';
import { downloadIdOf, type IdbDownloadStore } from '#storage/download-store.ts';
import type { RunRecord } from '#storage/schema.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import { factsOf } from './export-checkpoint.ts';
import { download, hubInfo, searchHub } from './hub-downloads.ts';
import { pushCheckpoint } from './hub-push.ts';

type EmitHubEvent = (event: HubProgressEvent) => void;

/** What the handlers need of the studio. */
export interface HubSurroundings {
  readonly emit: EmitHubEvent;
  readonly downloads: () => Promise<IdbDownloadStore>;
  readonly checkpoint: (
    runId: RunId,
    checkpointId: CheckpointId,
  ) => Promise<{ readonly stored: StoredCheckpoint; readonly record: RunRecord; readonly device: string }>;
}

type HubHandlers = {
  readonly [T in keyof HubRequests]: (params: HubRequests[T]['params']) => Promise<HubRequests[T]['result']>;
};

/** Milliseconds between progress events of one phase. */
const PROGRESS_EVERY = 100;

export function hubHandlers({ emit, downloads, checkpoint }: HubSurroundings): HubHandlers {
  const transfers = new Map<string, AbortController>();
  /** Gives the work a signal and a place to tell its progress, for as long as it goes. */
  const transfer = async <T>(transferId: string, work: (parts: TransferParts) => Promise<T>): Promise<T> => {
    const controller = new AbortController();
    transfers.set(transferId, controller);
    try {
      return await work({ signal: controller.signal, onProgress: throttled(transferId, emit) });
    } finally {
      transfers.delete(transferId);
    }
  };
  return {
    'hub/search': ({ connection, kind, query }) => searchHub(connection, kind, query),
    'hub/info': ({ connection, repo, revision }) => hubInfo(connection, repo, revision),
    'hub/download': ({ transferId, ...params }) =>
      transfer(transferId, (parts) =>
        alone(downloadIdOf(params.repo, params.revision), async () =>
          download(await downloads(), { ...params, ...parts }),
        ),
      ),
    'hub/cancel': async ({ transferId }) => {
      transfers.get(transferId)?.abort();
      return {};
    },
    'hub/list': async () => (await downloads()).list(),
    'hub/delete': ({ downloadId }) =>
      alone(downloadId, async () => {
        await (await downloads()).delete(downloadId);
        return {};
      }),
    'hub/push': ({ transferId, runId, checkpointId, ...params }) =>
      transfer(transferId, async (parts) => {
        const { stored, record, device } = await checkpoint(runId, checkpointId);
        return pushCheckpoint(stored, factsOf(record, device), { ...params, branch: null, ...parts });
      }),
  };
}

type Progress = Omit<HubProgressEvent, 'type' | 'transferId'>;

interface TransferParts {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

/** The latest progress is always told, if only a little later. */
function throttled(transferId: string, emit: EmitHubEvent): (progress: Progress) => void {
  let phase = '';
  let waiting: { latest: Progress } | null = null;
  const tell = (progress: Progress): void => emit({ type: 'hub/progress', transferId, ...progress });
  return (progress) => {
    if (waiting && progress.phase === phase) {
      waiting.latest = progress;
      return;
    }
    phase = progress.phase;
    tell(progress);
    const mine = { latest: progress };
    waiting = mine;
    setTimeout(() => {
      if (waiting !== mine) return;
      waiting = null;
      if (mine.latest !== progress) tell(mine.latest);
    }, PROGRESS_EVERY);
  };
}

/** One tab at a time changes a download. */
function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
  return navigator.locks.request(`atelier-download-${name}`, { ifAvailable: true }, (lock) => {
    if (lock) return work();
    throw new StudioError('E-BUSY', msg`These files are being downloaded already, here or in another tab.`, {
      hint: msg`Wait for it, or cancel it there.`,
      safe: msg`Nothing was changed.`,
    });
  });
}
