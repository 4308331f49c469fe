// Runs in the browser's database: what was set up, how far it went, its log, and the files it needs to be resumed
// after the page was closed. Checkpoints are in `idb-checkpoint-store.ts`, in the same database.

import type { RunId } from '#protocol/ids.ts';
import type { LogEntry, RunMeasure } from '#protocol/metrics.ts';
import { msg } from '#util/msg.ts';
import { told } from './database.ts';
import { type Database, keysUnder, type LogBatch, type RunRecord } from './schema.ts';

const RUN_STORES = ['runs', 'log', 'assets', 'checkpoints', 'checkpointFiles', 'tensorRecords'] as const;

export class IdbRunStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Adds the run, or replaces what is kept of it. @throws StudioError E-STORAGE-FULL, E-STORAGE. */
  async put(record: RunRecord): Promise<void> {
    await told(msg`The run was not stored`, () => this.#database.put('runs', record));
  }

  async get(runId: RunId): Promise<RunRecord | undefined> {
    return told(msg`The run could not be read`, () => this.#database.get('runs', runId));
  }

  /** All runs that are whole, newest first. */
  async list(): Promise<readonly RunRecord[]> {
    const records = await told(msg`The runs could not be read`, () => this.#database.getAll('runs'));
    return records
      .filter(({ incomplete }) => !incomplete)
      .sort((a, b) => b.createdAt - a.createdAt || (a.runId < b.runId ? -1 : 1));
  }

  /**
   * Adds a run whose parts `copy` stores: whole, or nothing of it stays. A page that is closed in the middle leaves an
   * incomplete run, see `deleteIncomplete`.
   */
  async putWhole(record: RunRecord, copy: () => Promise<void>): Promise<void> {
    try {
      await this.put({ ...record, incomplete: true });
      await copy();
      await this.put(record);
    } catch (error) {
      await this.delete(record.runId);
      throw error;
    }
  }

  /** Only while nobody copies. */
  async deleteIncomplete(): Promise<void> {
    const records = await told(msg`The runs could not be read`, () => this.#database.getAll('runs'));
    for (const { runId, incomplete } of records) if (incomplete) await this.delete(runId);
  }

  /** Deletes the run with its log, assets and checkpoints, all or nothing. */
  async delete(runId: RunId): Promise<void> {
    await told(msg`The run was not deleted`, async () => {
      const transaction = this.#database.transaction([...RUN_STORES], 'readwrite');
      const under = keysUnder(runId);
      const batches = await transaction.objectStore('log').index('runId').getAllKeys(runId);
      await Promise.all([
        transaction.objectStore('runs').delete(runId),
        ...batches.map((key) => transaction.objectStore('log').delete(key)),
        transaction.objectStore('assets').delete(under),
        transaction.objectStore('checkpoints').delete(under),
        transaction.objectStore('checkpointFiles').delete(under),
        transaction.objectStore('tensorRecords').delete(under),
        transaction.done,
      ]);
    });
  }

  async appendLog(runId: RunId, entries: readonly LogEntry[], measures: readonly RunMeasure[] = []): Promise<void> {
    if (entries.length > 0 || measures.length > 0)
      await told(msg`The log was not stored`, () => this.#database.add('log', { runId, entries, measures }));
  }

  /** All entries in the order they were appended. */
  async readLog(runId: RunId): Promise<readonly LogEntry[]> {
    return (await this.#logBatches(runId)).flatMap(({ entries }) => entries);
  }

  /** All measures in the order they were appended. */
  async readMeasures(runId: RunId): Promise<readonly RunMeasure[]> {
    return (await this.#logBatches(runId)).flatMap(({ measures = [] }) => measures);
  }

  #logBatches(runId: RunId): Promise<LogBatch[]> {
    return told(msg`The log could not be read`, () => this.#database.getAllFromIndex('log', 'runId', runId));
  }

  /** Drops the entries of steps after `afterStep`: a run resumed from there writes them anew. */
  async truncateLog(runId: RunId, afterStep: number): Promise<void> {
    await told(msg`The log was not cut`, async () => {
      const transaction = this.#database.transaction('log', 'readwrite');
      for (
        let cursor = await transaction.store.index('runId').openCursor(runId);
        cursor;
        cursor = await cursor.continue()
      ) {
        const { entries, measures = [] } = cursor.value;
        const kept = {
          runId,
          entries: entries.filter(({ step }) => step <= afterStep),
          measures: measures.filter(({ step }) => step <= afterStep),
        };
        if (kept.entries.length + kept.measures.length === 0) await cursor.delete();
        else if (kept.entries.length + kept.measures.length < entries.length + measures.length)
          await cursor.update(kept);
      }
      await transaction.done;
    });
  }

  /** Keeps a file that the run needs; one of the same path is replaced. */
  async putAsset(runId: RunId, path: string, blob: Blob): Promise<void> {
    await told(msg`The file ${path} was not stored`, () => this.#database.put('assets', { runId, path, blob }));
  }

  /** Path to content. Contents are read from disk only when asked for. */
  async getAssets(runId: RunId): Promise<ReadonlyMap<string, Blob>> {
    const records = await told(msg`The files of the run could not be read`, () =>
      this.#database.getAll('assets', keysUnder(runId)),
    );
    return new Map(records.map(({ path, blob }) => [path, blob]));
  }
}
