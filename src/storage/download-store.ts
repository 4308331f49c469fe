// Files of the Hub in the browser's database. They lie in pieces, as blobs: the browser keeps those on disk, so that a
// model is put together without being read into memory. A piece and the count of what is stored become visible together,
// so after a crash a download goes on from the last whole piece. (Private files of the origin would do as well, but
// Firefox has none in private windows, and a second place would need its own care for full disks.)

import type { HubDownload, HubFile, HubRepo } from '#protocol/hub-messages.ts';
import type { DownloadId } from '#protocol/ids.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import { told } from './database.ts';
import { type Database, type DownloadFileRecord, type DownloadRecord, keysUnder } from './schema.ts';

const STORES = ['downloads', 'downloadPieces'] as const;

export const downloadIdOf = ({ kind, name }: HubRepo, revision: string): DownloadId =>
  `${kind}:${name}@${revision}` as DownloadId;

export class IdbDownloadStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Makes a place for the files; those that are there already stay as they are. */
  async begin(repo: HubRepo, revision: string, files: readonly HubFile[]): Promise<DownloadId> {
    const downloadId = downloadIdOf(repo, revision);
    await told(msg`The download was not begun`, async () => {
      const transaction = this.#database.transaction('downloads', 'readwrite');
      const known = await transaction.store.get(downloadId);
      const kept = known?.files ?? [];
      const added = files.filter(({ path }) => !kept.some((file) => file.path === path)).map(asEmpty);
      const createdAt = known?.createdAt ?? Date.now();
      await transaction.store.put({ downloadId, repo, revision, files: [...kept, ...added], createdAt });
      await transaction.done;
    });
    return downloadId;
  }

  async get(downloadId: DownloadId): Promise<HubDownload | undefined> {
    const record = await told(msg`The download could not be read`, () => this.#database.get('downloads', downloadId));
    return record && summaryOf(record);
  }

  /** Newest first. */
  async list(): Promise<readonly HubDownload[]> {
    const records = await told(msg`The downloads could not be read`, () => this.#database.getAll('downloads'));
    return records.sort((a, b) => b.createdAt - a.createdAt).map(summaryOf);
  }

  /** Deletes all files of the download, all or nothing. Runs keep their own copies. */
  async delete(downloadId: DownloadId): Promise<void> {
    await told(msg`The download was not deleted`, async () => {
      const transaction = this.#database.transaction([...STORES], 'readwrite');
      await Promise.all([
        transaction.objectStore('downloads').delete(downloadId),
        transaction.objectStore('downloadPieces').delete(keysUnder(downloadId)),
        transaction.done,
      ]);
    });
  }

  /** Adds the next bytes of a file. @throws StudioError E-STORAGE-FULL, E-STORAGE. */
  async append(downloadId: DownloadId, path: string, piece: Blob): Promise<void> {
    await this.#change(downloadId, path, msg`A piece of the download was not stored`, async (file, pieces) => {
      await pieces.put(piece, [downloadId, path, file.pieces]);
      return { ...file, pieces: file.pieces + 1, storedBytes: file.storedBytes + piece.size };
    });
  }

  /** Drops what is stored of a file. */
  async clear(downloadId: DownloadId, path: string): Promise<void> {
    await this.#change(downloadId, path, msg`The file was not cleared`, async (file, pieces) => {
      await pieces.delete(keysUnder(downloadId, path));
      return asEmpty(file);
    });
  }

  async markVerified(downloadId: DownloadId, path: string): Promise<void> {
    await this.#change(downloadId, path, msg`The check was not stored`, async (file) => ({ ...file, verified: true }));
  }

  /** What is stored of a file; empty for none. Bytes are read from disk only when asked for. */
  async read(downloadId: DownloadId, path: string): Promise<Blob> {
    const pieces = await told(msg`The file ${path} could not be read`, () =>
      this.#database.getAll('downloadPieces', keysUnder(downloadId, path)),
    );
    return new Blob(pieces);
  }

  /** Changes the record of one file, and its pieces, in one transaction. */
  async #change(downloadId: DownloadId, path: string, doing: string, change: Change): Promise<void> {
    await told(doing, async () => {
      const transaction = this.#database.transaction([...STORES], 'readwrite');
      // A failure in here ends the transaction, which then fails as well: the first reason is told.
      transaction.done.catch(() => {});
      const record = await transaction.objectStore('downloads').get(downloadId);
      const file = record?.files.find((candidate) => candidate.path === path);
      if (!record || !file) throw gone(path);
      const changed = await change(file, transaction.objectStore('downloadPieces'));
      const files = record.files.map((candidate) => (candidate === file ? changed : candidate));
      await transaction.objectStore('downloads').put({ ...record, files });
      await transaction.done;
    });
  }
}

/** What a change asks of the store of pieces. */
interface Pieces {
  put(piece: Blob, key: [DownloadId, string, number]): Promise<unknown>;
  delete(keys: IDBKeyRange): Promise<unknown>;
}
type Change = (file: DownloadFileRecord, pieces: Pieces) => Promise<DownloadFileRecord>;

const asEmpty = ({ path, size, oid, sha256 }: HubFile): DownloadFileRecord => ({
  path,
  size,
  oid,
  sha256,
  storedBytes: 0,
  pieces: 0,
  verified: false,
});

function summaryOf({ downloadId, repo, revision, files, createdAt }: DownloadRecord): HubDownload {
  return {
    downloadId,
    repo,
    revision,
    createdAt,
    files: files.map(({ pieces: _pieces, ...file }) => file),
    complete: files.every(({ verified }) => verified),
    bytes: files.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
  };
}

function gone(path: string): StudioError {
  return new StudioError('E-STORAGE', msg`The place for ${path} is gone: the download was deleted meanwhile.`, {
    hint: msg`Start the download again.`,
  });
}
