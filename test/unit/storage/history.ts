// Databases as older versions of the studio left them.

import { bytesOf, crcOf } from './checkpoint-store-conformance.ts';

/** Opens a database with the browser's own interface, as some version of the studio did. */
export function openRaw(name: string, version: number, upgrade: (database: IDBDatabase) => void): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, version);
    request.onupgradeneeded = () => upgrade(request.result);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** A database as version 1 wrote it. This is history: it never changes, whatever the schema becomes. */
export async function writeVersion1(name: string): Promise<void> {
  const database = await openRaw(name, 1, (fresh) => {
    fresh.createObjectStore('runs', { keyPath: 'runId' });
    fresh.createObjectStore('log', { autoIncrement: true }).createIndex('runId', 'runId');
    fresh.createObjectStore('assets', { keyPath: ['runId', 'path'] });
    fresh.createObjectStore('checkpoints', { keyPath: ['runId', 'checkpointId'] });
    fresh.createObjectStore('checkpointFiles');
    fresh.createObjectStore('tensorRecords');
  });
  const transaction = database.transaction([...database.objectStoreNames], 'readwrite');
  const store = (of: string): IDBObjectStore => transaction.objectStore(of);
  store('runs').put({
    runId: 'r1',
    name: 'Emotions',
    createdAt: 1_790_000_000_000,
    updatedAt: 1_790_000_060_000,
    state: { status: 'interrupted' },
    step: 20,
    maxSteps: 40,
    activeMs: 60_000,
    setup: {
      name: 'Emotions',
      roles: { text: 'text', label: 'label' },
      validationFraction: 0.1,
      splitSeed: 42,
      maxLength: 64,
      trainingArguments: { learning_rate: 5e-5 },
    },
    labels: ['anger', 'joy'],
    problemType: 'single_label_classification',
    modelName: 'tiny-bert',
    dataName: 'train.csv',
    notices: [],
  });
  store('log').put({
    runId: 'r1',
    entries: [
      { step: 10, epoch: 0.5, loss: 0.7 },
      { step: 20, epoch: 1, loss: 0.5 },
    ],
  });
  store('assets').put({ runId: 'r1', path: 'model/config.json', blob: new Blob(['{"model_type": "bert"}']) });
  store('checkpoints').put({
    checkpointId: 'c1',
    runId: 'r1',
    name: 'checkpoint-20',
    step: 20,
    epoch: 1,
    modelOnly: false,
    isBest: true,
    metrics: { eval_loss: 0.6 },
    savedAt: 1_790_000_050_000,
    byteLength: 18,
    tensors: [
      { file: 'model.safetensors', name: 'w', dtype: 'F32', shape: [4], byteLength: 16, crc32: crcOf(bytesOf(4, 16)) },
    ],
    files: ['trainer_state.json'],
    schemaVersion: 1,
  });
  store('checkpointFiles').put('{}', ['r1', 'c1', 'trainer_state.json']);
  store('tensorRecords').put(bytesOf(4, 16), ['r1', 'c1', 0, 0]);
  await new Promise((resolve) => {
    transaction.oncomplete = resolve;
  });
  database.close();
}
