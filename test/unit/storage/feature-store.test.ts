import 'fake-indexeddb/auto';
import { expect, it } from 'vitest';
import { openDatabase } from '#storage/database.ts';
import { IdbFeatureStore } from '#storage/feature-store.ts';

const store = async (name: string, maxBytes = 100) => new IdbFeatureStore(await openDatabase({ name }), maxBytes);
const file = (bytes: number) => ({ pieces: [Int32Array.of(bytes), { values: new Uint8Array(3) }], bytes });
const pause = () => new Promise((resolve) => setTimeout(resolve, 3));

it('gives back what it keeps, and a part of it', async () => {
  const features = await store('kept');
  expect(await features.put('k', 'train.csv', file(10))).toBe(true);
  expect(await features.read('k')).toEqual(file(10).pieces);
  expect(await features.read('k', 1)).toEqual([Int32Array.of(10)]);
  expect(await features.read('other')).toBeNull();
  expect(await features.list()).toEqual([{ key: 'k', name: 'train.csv', bytes: 10, usedAt: expect.any(Number) }]);
});

it('deletes all of a file', async () => {
  const features = await store('deleted');
  await features.put('k', 'train.csv', file(10));
  await features.put('l', 'other.csv', file(10));
  await features.delete('k');
  expect(await features.read('k')).toBeNull();
  expect((await features.list()).map(({ key }) => key)).toEqual(['l']);
});

it('makes room by what was used least of late', async () => {
  const features = await store('bounded');
  for (const key of ['a', 'b', 'c']) {
    await features.put(key, key, file(30));
    await pause();
  }
  await features.read('a');
  await pause();
  await features.put('d', 'd', file(40));
  expect((await features.list()).map(({ key }) => key)).toEqual(['d', 'a', 'c']);
  expect(await features.read('b')).toBeNull();
  expect(await features.read('a')).toHaveLength(2);
});

it('does not keep what would leave no room for others', async () => {
  const features = await store('large');
  await features.put('a', 'a', file(30));
  expect(await features.put('b', 'b', file(51))).toBe(false);
  expect((await features.list()).map(({ key }) => key)).toEqual(['a']);
});
