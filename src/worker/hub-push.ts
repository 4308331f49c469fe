// A checkpoint on its way to the Hub: the same files as its download has, without what only resuming needs.

import type { HubConnection, HubProgressEvent, HubPushed } from '#protocol/hub-messages.ts';
import type { StoredCheckpoint } from '#storage/checkpoint-store.ts';
import type { RunRecord } from '#storage/schema.ts';
import { modelEntries } from './export-checkpoint.ts';

export interface PushOptions {
  readonly connection: HubConnection;
  /** `owner/name`, or a name alone for the account of the token. */
  readonly repo: string;
  readonly private: boolean;
  readonly message: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Pick<HubProgressEvent, 'phase' | 'path' | 'doneBytes' | 'totalBytes'>) => void;
}

/** Null when the signal was aborted: then no commit was made. */
export async function pushCheckpoint(
  stored: StoredCheckpoint,
  record: RunRecord,
  device: string,
  options: PushOptions,
): Promise<HubPushed | null> {
  const { connection, repo, message, signal, onProgress } = options;
  try {
    const { HubClient } = await import('#hub/index.ts');
    const client = new HubClient({ ...connection, signal });
    const name = repo.includes('/') ? repo : `${await client.whoAmI()}/${repo}`;
    const files = await filesOf(stored, record, device);
    const pushing = client.push({ name, private: options.private, message, files });
    const meter = new Meter(files);
    for (;;) {
      const { done, value } = await pushing.next();
      if (done) return { repo: name, url: `${connection.endpoint}/${name}`, revision: value };
      onProgress(meter.after(value));
    }
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  }
}

interface PushedFile {
  readonly path: string;
  readonly content: Blob;
}

async function filesOf(stored: StoredCheckpoint, record: RunRecord, device: string): Promise<PushedFile[]> {
  const files: PushedFile[] = [];
  for (const { name, data } of await modelEntries(stored, record, device, null)) {
    const parts: BlobPart[] = [];
    // Each part becomes a blob at once: the browser may keep those on disk.
    if (typeof data === 'string') parts.push(data);
    else for await (const bytes of data) parts.push(new Blob([bytes as Uint8Array<ArrayBuffer>]));
    files.push({ path: name, content: new Blob(parts) });
  }
  return files;
}

/** Adds up the progress of the files. Small ones go with the commit and count when it is made. */
class Meter {
  readonly #sizes: ReadonlyMap<string, number>;
  readonly #done = new Map<string, number>();
  readonly #total: number;
  #phase: HubProgressEvent['phase'] = 'hashing';

  constructor(files: readonly PushedFile[]) {
    this.#sizes = new Map(files.map(({ path, content }) => [path, content.size]));
    this.#total = files.reduce((sum, { content }) => sum + content.size, 0);
  }

  after({ phase, path, share }: { phase: HubProgressEvent['phase']; path: string; share: number }) {
    // What was hashed is uploaded from its beginning.
    if (phase === 'uploading' && this.#phase === 'hashing') this.#done.clear();
    this.#phase = phase;
    if (path !== '') this.#done.set(path, share * (this.#sizes.get(path) ?? 0));
    const doneBytes = Math.round([...this.#done.values()].reduce((sum, bytes) => sum + bytes, 0));
    return { phase, path, doneBytes, totalBytes: this.#total };
  }
}
