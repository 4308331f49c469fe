// A checkpoint on its way to the Hub, from the page of a run or while the run trains: the files that its download has.

import type { ZipEntry } from '#formats/zip-stream.ts';
import type { HubConnection, HubProgressEvent, HubPushed } from '#protocol/hub-messages.ts';
import { repoNameFor } from '#protocol/repo-name.ts';
import type { TrainingArguments } from '#protocol/training-arguments.ts';
import type { StoredCheckpoint } from '#storage/checkpoint-store.ts';
import type { HubPusher } from '#trainer/hub-pusher.ts';
import { checkpointEntries, modelEntries, type RunFacts } from './export-checkpoint.ts';

interface PushTarget {
  readonly connection: HubConnection;
  /** `owner/name`, or a name alone for the account of the token. */
  readonly repo: string;
  /** Of a new repository; null: as the account's settings say. */
  readonly private: boolean | null;
  /** Null: main. */
  readonly branch: string | null;
  readonly signal: AbortSignal;
}

export interface PushOptions extends PushTarget {
  readonly message: string;
  readonly onProgress: (progress: Pick<HubProgressEvent, 'phase' | 'path' | 'doneBytes' | 'totalBytes'>) => void;
}

/** Without what only resuming needs. Null when the signal was aborted: then no commit was made. */
export async function pushCheckpoint(
  stored: StoredCheckpoint,
  facts: RunFacts,
  options: PushOptions,
): Promise<HubPushed | null> {
  try {
    return await pushFiles(await readFiles(await modelEntries(stored, facts)), options);
  } catch (error) {
    if (options.signal.aborted) return null;
    throw error;
  }
}

/** What a run needs to push its saves. */
export interface RunPushes {
  readonly args: Pick<TrainingArguments, 'hubModelId' | 'hubPrivateRepo' | 'hubRevision'>;
  readonly connection: HubConnection;
  readonly facts: RunFacts;
  readonly signal: AbortSignal;
}

/** Pushes the saves of a run to the repository that its arguments name, or else to one of the run's name. */
export function hubPusher({ args, connection, facts, signal }: RunPushes): HubPusher {
  const target: PushTarget = {
    connection,
    repo: args.hubModelId ?? repoNameFor(facts.name),
    private: args.hubPrivateRepo,
    branch: args.hubRevision,
    signal,
  };
  return {
    async prepare({ checkpoint, message, folder }) {
      const entries = await (folder === null ? modelEntries : checkpointEntries)(checkpoint, facts);
      const place = folder === null ? '' : `${folder}/`;
      const files = await readFiles(entries.map((entry) => ({ ...entry, name: `${place}${entry.name}` })));
      return async () => (await pushFiles(files, { ...target, message, onProgress: () => undefined })).repo;
    },
  };
}

async function pushFiles(
  files: readonly PushedFile[],
  { connection, repo, branch, message, signal, onProgress, ...options }: PushOptions,
): Promise<HubPushed> {
  const { HubClient } = await import('#hub/index.ts');
  const client = new HubClient({ ...connection, signal });
  const name = repo.includes('/') ? repo : `${await client.whoAmI()}/${repo}`;
  const pushing = client.push({ name, private: options.private, branch, message, files });
  const meter = new Meter(files);
  for (;;) {
    const { done, value } = await pushing.next();
    if (done) return { repo: name, url: `${connection.endpoint}/${name}`, revision: value };
    onProgress(meter.after(value));
  }
}

interface PushedFile {
  readonly path: string;
  readonly content: Blob;
}

async function readFiles(entries: readonly ZipEntry[]): Promise<PushedFile[]> {
  const files: PushedFile[] = [];
  for (const { name, data } of entries) {
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
