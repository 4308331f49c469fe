// Sweeps in the browser's database: what is searched, and the trials so far. Their runs are stored as all runs are.

import type { SweepId } from '#protocol/ids.ts';
import { msg } from '#util/msg.ts';
import { told } from './database.ts';
import type { Database, SweepRecord } from './schema.ts';

export class IdbSweepStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async put(record: SweepRecord): Promise<void> {
    await told(msg`The sweep was not stored`, () => this.#database.put('sweeps', record));
  }

  get(sweepId: SweepId): Promise<SweepRecord | undefined> {
    return told(msg`The sweep could not be read`, () => this.#database.get('sweeps', sweepId));
  }

  /** Newest first. */
  async list(): Promise<readonly SweepRecord[]> {
    const records = await told(msg`The sweeps could not be read`, () => this.#database.getAll('sweeps'));
    return records.sort((a, b) => b.createdAt - a.createdAt);
  }

  async delete(sweepId: SweepId): Promise<void> {
    await told(msg`The sweep was not deleted`, () => this.#database.delete('sweeps', sweepId));
  }
}
