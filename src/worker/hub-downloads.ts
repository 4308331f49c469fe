// Models and data of the Hub in this browser: brought here with progress, kept, listed, opened without a network. The
// part that talks to the network is loaded when it is first needed.

import { type ModelFiles, openModelFiles } from '#formats/model-files.ts';
import { shapeOf } from '#models/auto-model.ts';
import type {
  HubConnection,
  HubDownload,
  HubFile,
  HubProgressEvent,
  HubRepo,
  HubRepoInfo,
  HubRevision,
  HubSearchHit,
} from '#protocol/hub-messages.ts';
import type { DownloadId } from '#protocol/ids.ts';
import type { NamedFile } from '#protocol/messages.ts';
import { downloadIdOf, type IdbDownloadStore } from '#storage/download-store.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import { readConfig } from './opened-model.ts';

/** Loads the code that talks to the Hub. */
const loadHub = () => import('#hub/index.ts');

export async function searchHub(
  connection: HubConnection,
  kind: HubRepo['kind'],
  query: string,
): Promise<readonly HubSearchHit[]> {
  const { HubClient } = await loadHub();
  return new HubClient(connection).search(kind, query);
}

export async function hubInfo(connection: HubConnection, repo: HubRepo, revision: string | null): Promise<HubRepoInfo> {
  const { HubClient, modelFiles, dataFiles } = await loadHub();
  const client = new HubClient(connection);
  const { name, ...info } = await client.info(repo, revision);
  const found = { kind: repo.kind, name };
  const all = await client.files(found, info.revision);
  return { ...info, repo: found, files: repo.kind === 'model' ? modelFiles(all, name) : dataFiles(all, name) };
}

export interface Download {
  readonly connection: HubConnection;
  readonly repo: HubRepo;
  readonly revision: string;
  readonly files: readonly HubFile[];
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Pick<HubProgressEvent, 'phase' | 'path' | 'doneBytes' | 'totalBytes'>) => void;
}

const CONFIG = 'config.json';

/**
 * What a model is comes first: one that can not be trained is refused before its weights come. Then the smallest files.
 * Resolves too when the signal was aborted.
 */
export async function download(store: IdbDownloadStore, options: Download): Promise<HubDownload> {
  const { repo, revision, files, signal } = options;
  const downloadId = await store.begin(repo, revision, files);
  const totalBytes = files.reduce((sum, { size }) => sum + size, 0);
  let before = 0;
  try {
    const isConfig = ({ path }: HubFile): boolean => repo.kind === 'model' && path === CONFIG;
    for (const file of [...files].sort((a, b) => Number(isConfig(b)) - Number(isConfig(a)) || a.size - b.size)) {
      const done = before;
      await fetchFile(store, downloadId, file, options, (phase, bytes) =>
        options.onProgress({ phase, path: file.path, doneBytes: done + bytes, totalBytes }),
      );
      before += file.size;
      if (isConfig(file)) shapeOf(await readConfig(new Map([[CONFIG, await store.read(downloadId, CONFIG)]])));
    }
  } catch (error) {
    const left = await stored(store, downloadId);
    // Of what never began, such as a gated model, and of what was refused nothing is listed.
    const isRefused = error instanceof StudioError && error.code === 'E-MODEL-CONFIG';
    if (left.bytes === 0 || isRefused) await store.delete(downloadId);
    if (!signal.aborted) throw error;
    return left;
  }
  return stored(store, downloadId);
}

async function fetchFile(
  store: IdbDownloadStore,
  downloadId: DownloadId,
  file: HubFile,
  { connection, repo, revision, signal }: Download,
  onProgress: (phase: 'downloading' | 'hashing', bytes: number) => void,
): Promise<void> {
  const { path } = file;
  const known = async () => (await stored(store, downloadId)).files.find((candidate) => candidate.path === path)!;
  if ((await known()).verified) return;
  const { HubClient, downloadFile } = await loadHub();
  const client = new HubClient({ ...connection, signal });
  const sink = {
    storedBytes: async () => (await known()).storedBytes,
    append: (piece: Blob) => store.append(downloadId, path, piece),
    clear: () => store.clear(downloadId, path),
    read: () => store.read(downloadId, path),
  };
  await downloadFile(client, repo, revision, file, sink, { endpoint: connection.endpoint, signal, onProgress });
  await store.markVerified(downloadId, path);
}

async function stored(store: IdbDownloadStore, downloadId: DownloadId): Promise<HubDownload> {
  const found = await store.get(downloadId);
  if (found) return found;
  throw new StudioError('E-STORAGE', msg`The download was deleted meanwhile.`, { hint: msg`Start it again.` });
}

/** The files of a downloaded model by name. Asks nothing of the network. */
export async function openHubModel(store: IdbDownloadStore, { repo, revision }: HubRevision): Promise<ModelFiles> {
  const found = await store.get(downloadIdOf({ kind: 'model', name: repo }, revision));
  if (!found?.complete) throw notHere(repo, revision);
  const files = found.files.map(async ({ path }) => ({ path, file: await store.read(found.downloadId, path) }));
  return openModelFiles(await Promise.all(files));
}

/** Some files of a downloaded data set. Asks nothing of the network. */
export async function openHubFiles(
  store: IdbDownloadStore,
  { repo, revision }: HubRevision,
  paths: readonly string[],
): Promise<readonly NamedFile[]> {
  const found = await store.get(downloadIdOf({ kind: 'dataset', name: repo }, revision));
  const open = async (path: string): Promise<NamedFile> => {
    if (!found?.files.some((file) => file.path === path && file.verified)) throw notHere(`${repo}, ${path},`, revision);
    return { path, file: await store.read(found.downloadId, path) };
  };
  return Promise.all(paths.map(open));
}

function notHere(what: string, revision: string): StudioError {
  return new StudioError(
    'E-STATE',
    msg`${what} at commit ${revision.slice(0, 7)} is not in this browser, or not whole.`,
    {
      hint: msg`Download it from the Hub; what is there already is not loaded again.`,
    },
  );
}
