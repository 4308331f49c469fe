// Tokenized files in the browser's database, so that the same file need not be tokenized again. They can all be made anew:
// what was used least of late goes when there are too many.

import type { KeptFeatures } from '#protocol/messages.ts';
import { msg } from '#util/msg.ts';
import { told } from './database.ts';
import { type Database, type FeatureSetRecord, keysUnder } from './schema.ts';

const STORES = ['featureSets', 'featurePieces'] as const;
/** Of all files together. */
const MAX_BYTES = 1 << 30;

/** A tokenized file: what is asked for alone comes first. Plain data; `bytes` is what its arrays take. */
export interface FeaturePieces {
  readonly pieces: readonly unknown[];
  readonly bytes: number;
}

export class IdbFeatureStore {
  readonly #database: Database;
  readonly #maxBytes: number;

  constructor(database: Database, maxBytes = MAX_BYTES) {
    this.#database = database;
    this.#maxBytes = maxBytes;
  }

  /** The latest used first. */
  async list(): Promise<readonly KeptFeatures[]> {
    const all = await told(msg`The tokenized files could not be listed`, () => this.#database.getAll('featureSets'));
    return all
      .sort((a, b) => b.usedAt - a.usedAt)
      .map(({ key, name, bytes, usedAt }) => ({ key, name, bytes, usedAt }));
  }

  async delete(key: string): Promise<void> {
    await told(msg`The tokenized file was not deleted`, async () => {
      const transaction = this.#database.transaction([...STORES], 'readwrite');
      await Promise.all([
        transaction.objectStore('featureSets').delete(key),
        transaction.objectStore('featurePieces').delete(keysUnder(key)),
        transaction.done,
      ]);
    });
  }

  /** All its pieces, or the first ones; null when it is not kept. It counts as used. */
  async read(key: string, first = Number.POSITIVE_INFINITY): Promise<readonly unknown[] | null> {
    return told(msg`A tokenized file could not be read`, async () => {
      const transaction = this.#database.transaction([...STORES], 'readwrite');
      const record = await transaction.objectStore('featureSets').get(key);
      if (!record) return null;
      await transaction.objectStore('featureSets').put({ ...record, usedAt: Date.now() });
      const count = Math.min(first, record.pieces);
      const pieces = await transaction.objectStore('featurePieces').getAll(keysUnder(key), count);
      await transaction.done;
      return pieces.length === count ? pieces : null;
    });
  }

  /**
   * Keeps a file, all or nothing; others go to make room. One that would leave no room for others is not kept.
   * @returns whether it is kept. @throws StudioError E-STORAGE-FULL, E-STORAGE.
   */
  async put(key: string, name: string, { pieces, bytes }: FeaturePieces): Promise<boolean> {
    if (bytes > this.#maxBytes / 2) return false;
    await told(msg`A tokenized file was not kept`, async () => {
      const transaction = this.#database.transaction([...STORES], 'readwrite');
      // A failure in here ends the transaction, which then fails as well: the first reason is told.
      transaction.done.catch(() => {});
      const sets = transaction.objectStore('featureSets');
      const all = transaction.objectStore('featurePieces');
      for (const gone of leastUsed(await sets.getAll(), this.#maxBytes - bytes)) {
        await sets.delete(gone);
        await all.delete(keysUnder(gone));
      }
      for (const [number, piece] of pieces.entries()) await all.put(piece, [key, number]);
      await sets.put({ key, name, bytes, usedAt: Date.now(), pieces: pieces.length });
      await transaction.done;
    });
    return true;
  }
}

/** Keys of the files that have to go so that the others fit. */
function leastUsed(records: readonly FeatureSetRecord[], room: number): string[] {
  let left = room;
  return [...records]
    .sort((a, b) => b.usedAt - a.usedAt)
    .filter(({ bytes }) => {
      left -= bytes;
      return left < 0;
    })
    .map(({ key }) => key);
}
