// Writes tensors into an open IndexedDB transaction while their bytes come from elsewhere (the GPU). A transaction ends
// by itself as soon as nothing is asked of it, so while the next bytes are awaited it is kept busy with small questions.

import type { IDBPTransaction, StoreNames } from 'idb';
import type { CheckpointId, RunId } from '#protocol/ids.ts';
import { msg } from '#util/msg.ts';
import { TensorMeter } from './checkpoint-rules.ts';
import type { TensorEntry, TensorSource } from './checkpoint-store.ts';
import type { AtelierSchema } from './schema.ts';

/** Size of a stored piece: large enough to be fast, small enough not to block the thread. */
export const RECORD_BYTES = 4 * 1024 * 1024;

export type WriteTransaction = IDBPTransaction<AtelierSchema, StoreNames<AtelierSchema>[], 'readwrite'>;

/** Wraps what a source threw, so that it is not taken for a failure of the database. */
export class SourceFailure extends Error {}

export class TensorWriter {
  readonly #transaction: WriteTransaction;
  readonly #key: readonly [RunId, CheckpointId];
  readonly #record = new Uint8Array(RECORD_BYTES);
  #unconfirmed: Promise<unknown>[] = [];
  #unconfirmedBytes = 0;

  constructor(transaction: WriteTransaction, runId: RunId, checkpointId: CheckpointId) {
    this.#transaction = transaction;
    this.#key = [runId, checkpointId];
  }

  /** Writes tensor number `index` of the checkpoint and returns its entry for the manifest. */
  async write(index: number, source: TensorSource): Promise<TensorEntry> {
    const meter = new TensorMeter();
    const pieces = source.chunks()[Symbol.asyncIterator]();
    let filled = 0;
    let part = 0;
    try {
      for (;;) {
        const { done, value } = await this.#whileAlive(pieces.next());
        if (done) break;
        meter.add(value);
        for (let at = 0; at < value.length; ) {
          const taken = value.subarray(at, at + RECORD_BYTES - filled);
          this.#record.set(taken, filled);
          filled += taken.length;
          at += taken.length;
          if (filled === RECORD_BYTES) {
            await this.#put(index, part++, filled);
            filled = 0;
          }
        }
      }
    } catch (error) {
      await pieces.return?.();
      throw error;
    }
    if (filled > 0) await this.#put(index, part, filled);
    return meter.entryOf(source);
  }

  /** Waits until all pieces are accepted. */
  async flush(): Promise<void> {
    const unconfirmed = this.#unconfirmed;
    this.#unconfirmed = [];
    this.#unconfirmedBytes = 0;
    await Promise.all(unconfirmed);
  }

  /** Pieces of small tensors are sent without waiting for each, up to one record's worth. */
  async #put(index: number, part: number, byteLength: number): Promise<void> {
    // `put` copies: the buffer can be filled anew at once.
    const bytes = byteLength === RECORD_BYTES ? this.#record : this.#record.slice(0, byteLength);
    const put = this.#transaction.objectStore('tensorRecords').put(bytes, [...this.#key, index, part]);
    put.catch(() => {}); // `flush` tells; until then the promise must not count as unhandled.
    this.#unconfirmed.push(put);
    this.#unconfirmedBytes += byteLength;
    if (this.#unconfirmedBytes >= RECORD_BYTES) await this.flush();
  }

  async #whileAlive<T>(awaited: Promise<T>): Promise<T> {
    let settled = false;
    const settle = (): void => {
      settled = true;
    };
    awaited.then(settle, settle);
    const store = this.#transaction.objectStore('checkpoints');
    while (!settled) await store.getKey(this.#key as [RunId, CheckpointId]);
    try {
      return await awaited;
    } catch (cause) {
      throw new SourceFailure(msg`a source of tensor bytes failed`, { cause });
    }
  }
}
