import 'fake-indexeddb/auto';
import { describe, expect, it, vi } from 'vitest';
import type { CheckpointStore, TensorSource } from '#storage/checkpoint-store.ts';
import { openDatabase } from '#storage/database.ts';
import { IdbCheckpointStore } from '#storage/idb-checkpoint-store.ts';
import type { Database } from '#storage/schema.ts';
import { RECORD_BYTES } from '#storage/tensor-writer.ts';
import {
  bytesOf,
  checkpointWrite,
  describeCheckpointStore,
  RUN,
  tensorSource,
} from './checkpoint-store-conformance.ts';

let count = 0;
const fresh = (): Promise<Database> => openDatabase({ name: `test-${count++}` });
const readAll = async (store: CheckpointStore, source: TensorSource): Promise<Uint8Array> => {
  const { checkpointId } = await store.save(checkpointWrite(1, { tensors: [source] }));
  return (await store.open(RUN, checkpointId)).readTensor(source.file, source.name);
};

/** Lets `meddle` act after each put, or throw in its place; returns what undoes this. */
function interceptPut(meddle: (store: IDBObjectStore) => void): () => void {
  const original = Object.getOwnPropertyDescriptor(IDBObjectStore.prototype, 'put')!.value as IDBObjectStore['put'];
  const spy = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(function (
    this: IDBObjectStore,
    ...parameters
  ) {
    const request = original.apply(this, parameters);
    meddle(this);
    return request;
  });
  return () => spy.mockRestore();
}

describeCheckpointStore('IdbCheckpointStore', async () => new IdbCheckpointStore(await fresh()));

describe('IdbCheckpointStore', () => {
  const large = bytesOf(3, 2.5 * RECORD_BYTES);

  it.each([
    ['small', 100_003],
    ['record-sized', RECORD_BYTES],
    ['large', 2 * RECORD_BYTES + 5],
  ])('cuts %s pieces into records', async (_, pieceBytes) => {
    const database = await fresh();
    const bytes = await readAll(new IdbCheckpointStore(database), tensorSource('w', large, { pieceBytes }));
    expect(Buffer.compare(bytes, large)).toBe(0);
    expect((await database.getAll('tensorRecords')).map(({ length }) => length)).toEqual([
      RECORD_BYTES,
      RECORD_BYTES,
      RECORD_BYTES / 2,
    ]);
  });

  it('streams records one by one', async () => {
    const store = new IdbCheckpointStore(await fresh());
    const { checkpointId } = await store.save(
      checkpointWrite(1, { tensors: [tensorSource('w', large, { pieceBytes: RECORD_BYTES })] }),
    );
    const sizes: number[] = [];
    for await (const piece of (await store.open(RUN, checkpointId)).streamTensor('model.safetensors', 'w'))
      sizes.push(piece.length);
    expect(sizes).toEqual([RECORD_BYTES, RECORD_BYTES, RECORD_BYTES / 2]);
  });

  it('asks for pieces no faster than it stores them', async () => {
    const database = await fresh();
    const put = vi.spyOn(IDBObjectStore.prototype, 'put');
    let given = 0;
    const ahead: number[] = [];
    const source: TensorSource = {
      ...tensorSource('w', large),
      async *chunks() {
        for (let at = 0; at < large.length; at += RECORD_BYTES / 2) {
          ahead.push(given - put.mock.calls.reduce((sum, [value]) => sum + ((value as Uint8Array).length ?? 0), 0));
          given += RECORD_BYTES / 2;
          yield large.subarray(at, at + RECORD_BYTES / 2);
        }
      },
    };
    await new IdbCheckpointStore(database).save(checkpointWrite(1, { tensors: [source] }));
    put.mockRestore();
    expect(Math.max(...ahead)).toBeLessThanOrEqual(RECORD_BYTES);
  });

  it('leaves nothing behind of what it deletes', async () => {
    const database = await fresh();
    const store = new IdbCheckpointStore(database);
    const { checkpointId } = await store.save(checkpointWrite(1));
    await store.save(checkpointWrite(2, { rotate: (others) => others.map((other) => other.checkpointId) }));
    const stores = ['checkpoints', 'checkpointFiles', 'tensorRecords'] as const;
    expect(await Promise.all(stores.map((name) => database.count(name)))).toEqual([1, 2, 2]);
    expect((await database.getAllKeys('tensorRecords')).some((key) => key[1] === checkpointId)).toBe(false);
  });

  it('writes in one strict transaction', async () => {
    const database = await fresh();
    const transaction = vi.spyOn(IDBDatabase.prototype, 'transaction');
    await new IdbCheckpointStore(database).save(checkpointWrite(1));
    expect(transaction.mock.calls).toEqual([
      [['checkpoints', 'checkpointFiles', 'tensorRecords'], 'readwrite', { durability: 'strict' }],
    ]);
    transaction.mockRestore();
  });

  it.each([
    ['other bytes', (bytes: Uint8Array) => bytes.map((byte, i) => (i === 17 ? byte ^ 1 : byte))],
    ['fewer bytes', (bytes: Uint8Array) => bytes.slice(0, -1)],
    ['none', () => null],
  ])('notices that a record has %s', async (_, damage) => {
    const database = await fresh();
    const store = new IdbCheckpointStore(database);
    const { checkpointId } = await store.save(checkpointWrite(1));
    const key = (await database.getAllKeys('tensorRecords'))[0]!;
    const damaged = damage((await database.get('tensorRecords', key))!) as Uint8Array<ArrayBuffer> | null;
    if (damaged === null) await database.delete('tensorRecords', key);
    else await database.put('tensorRecords', damaged, key);
    const stored = await store.open(RUN, checkpointId);
    await expect(stored.readTensor('model.safetensors', 'w')).rejects.toMatchObject({
      code: 'E-CHECKPOINT',
      message: 'checkpoint-1 is damaged: tensor w of model.safetensors does not match its checksum.',
      hint: expect.stringContaining('older checkpoint'),
    });
    expect(await stored.readTensor('model.safetensors', 'b')).toEqual(bytesOf(2, 40));
  });

  it('says that the browser is full, and keeps what there was', async () => {
    const store = new IdbCheckpointStore(await fresh());
    const before = await store.save(checkpointWrite(1));
    let puts = 0;
    const restore = interceptPut(() => {
      if (++puts === 2) throw new DOMException('no space', 'QuotaExceededError');
    });
    const failure = store.save(checkpointWrite(2, { rotate: (others) => others.map((other) => other.checkpointId) }));
    await expect(failure).rejects.toMatchObject({
      code: 'E-STORAGE-FULL',
      safe: 'Everything that was stored before is still there.',
    });
    restore();
    expect(await store.list(RUN)).toEqual([before]);
  });

  it('says that the browser is full when it only tells at the end of the transaction', async () => {
    const store = new IdbCheckpointStore(await fresh());
    const restore = interceptPut((object) => {
      if (object.name !== 'checkpoints') return;
      const { transaction } = object;
      transaction.abort();
      Object.defineProperty(transaction, 'error', { value: new DOMException('no space', 'QuotaExceededError') });
    });
    await expect(store.save(checkpointWrite(2))).rejects.toMatchObject({ code: 'E-STORAGE-FULL' });
    restore();
    expect(await store.list(RUN)).toEqual([]);
  });

  it('says so when the database was closed', async () => {
    const database = await fresh();
    database.close();
    await expect(new IdbCheckpointStore(database).save(checkpointWrite(1))).rejects.toMatchObject({
      code: 'E-STORAGE',
      hint: expect.stringContaining('Reload'),
    });
  });

  it('refuses a checkpoint of a newer version', async () => {
    const database = await fresh();
    const store = new IdbCheckpointStore(database);
    const manifest = await store.save(checkpointWrite(1));
    await database.put('checkpoints', { ...manifest, schemaVersion: 99 });
    await expect(store.open(RUN, manifest.checkpointId)).rejects.toThrow(/newer version/);
  });
});
