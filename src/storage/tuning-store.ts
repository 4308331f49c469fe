// What was found to be fastest on a device, in the browser's database.

import { msg } from '#util/msg.ts';
import { told } from './database.ts';
import type { Database, TuningRecord } from './schema.ts';

export class IdbTuningStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async load(key: string): Promise<TuningRecord | undefined> {
    return told(msg`What is fastest on this device could not be read`, () => this.#database.get('tuning', key));
  }

  /** @throws StudioError E-STORAGE-FULL, E-STORAGE. */
  async save(key: string, tiles: TuningRecord): Promise<void> {
    await told(msg`What is fastest on this device was not stored`, () => this.#database.put('tuning', tiles, key));
  }
}
