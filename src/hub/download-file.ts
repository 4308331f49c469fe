// Downloads one file: from where an earlier attempt ended, again when the connection is cut, and held against the Hub's
// hash before it counts as there.

import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import { isIntact } from './file-hash.ts';
import type { HubClient, Repo } from './hub-client.ts';
import { ConnectionLost } from './hub-errors.ts';
import type { RepoFile } from './repo-files.ts';

/** Where the bytes of the file are kept. */
export interface FileSink {
  /** Bytes kept so far, from the beginning of the file on. */
  storedBytes(): Promise<number>;
  append(piece: Blob): Promise<void>;
  clear(): Promise<void>;
  read(): Promise<Blob>;
}

export interface DownloadOptions {
  readonly endpoint: string;
  readonly signal: AbortSignal;
  /** Bytes of the file that have come, those of earlier attempts included. */
  readonly onProgress: (phase: 'downloading' | 'hashing', bytes: number) => void;
}

/** Large enough to be fast, small enough to lose little. */
const PIECE_BYTES = 4 * 1024 * 1024;
/** Milliseconds before the connection is tried again, while nothing comes. */
const WAITS = [500, 1000, 2000];

/**
 * @param revision sha of a commit: what it names never changes, so parts of several attempts fit together.
 * @throws StudioError E-HUB or E-HUB-ACCESS; what has come is kept, unless its hash is wrong. What `signal` was aborted
 *   with, when it was.
 */
export async function downloadFile(
  client: HubClient,
  repo: Repo,
  revision: string,
  file: RepoFile,
  sink: FileSink,
  options: DownloadOptions,
): Promise<void> {
  let failures = 0;
  for (let stored = await sink.storedBytes(); stored < file.size; ) {
    try {
      await fetchRest(await client.open(repo, revision, file.path, stored), file, stored, sink, options);
    } catch (error) {
      options.signal.throwIfAborted();
      if (!(error instanceof ConnectionLost)) throw error;
      const now = await sink.storedBytes();
      failures = now > stored ? 0 : failures + 1;
      if (failures > WAITS.length) throw error;
      await pause(WAITS[Math.max(0, failures - 1)]!, options.signal);
    }
    stored = await sink.storedBytes();
  }
  options.onProgress('hashing', file.size);
  if (await isIntact(await sink.read(), file)) return;
  await sink.clear();
  throw damaged(repo, file);
}

async function fetchRest(
  response: Response,
  file: RepoFile,
  offset: number,
  sink: FileSink,
  options: DownloadOptions,
): Promise<void> {
  if (response.status === 416 || !startsAt(response, offset)) {
    // More is stored than the file has, or another part comes than was asked for: only a new start can be right.
    await response.body?.cancel();
    await sink.clear();
    return;
  }
  let begin = offset;
  if (offset > 0 && response.status === 200) {
    // The server sends the whole file, whatever was asked.
    await sink.clear();
    begin = 0;
  }
  await keepBody(response, file, begin, sink, options);
}

/** Servers may keep Content-Range from pages of other origins; the hash at the end decides in any case. */
function startsAt(response: Response, offset: number): boolean {
  const range = /^bytes (\d+)-/.exec(response.headers.get('Content-Range') ?? '');
  return response.status !== 206 || range === null || Number(range[1]) === offset;
}

async function keepBody(
  response: Response,
  file: RepoFile,
  begin: number,
  sink: FileSink,
  { endpoint, signal, onProgress }: DownloadOptions,
): Promise<void> {
  const reader = response.body!.getReader();
  let waiting: Uint8Array<ArrayBuffer>[] = [];
  let waitingBytes = 0;
  let received = begin;
  const flush = async (): Promise<void> => {
    if (waitingBytes > 0) await sink.append(new Blob(waiting));
    waiting = [];
    waitingBytes = 0;
  };
  for (;;) {
    const next = await reader.read().catch((cause: unknown) => new ConnectionLost(endpoint, cause));
    if (next instanceof ConnectionLost) {
      // What has come is kept, also when a person cancels.
      await flush();
      throw next;
    }
    if (next.done) break;
    waiting.push(next.value);
    waitingBytes += next.value.length;
    received += next.value.length;
    onProgress('downloading', Math.min(received, file.size));
    if (waitingBytes >= PIECE_BYTES) await flush();
    if (received > file.size) break;
  }
  await flush();
  signal.throwIfAborted();
  if (received < file.size) throw new ConnectionLost(endpoint);
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}

function damaged({ name }: Repo, { path, sha256 }: RepoFile): StudioError {
  return new StudioError(
    'E-HUB',
    msg`${path} of ${name} came damaged: its ${sha256 ? 'SHA-256' : 'hash'} is not the Hub's.`,
    {
      where: path,
      hint: msg`Download it again. If it happens again, something between here and the Hub changes files.`,
      safe: msg`The damaged file was dropped; the others are kept.`,
    },
  );
}
