// What is fastest on a device is measured once, and remembered.

import 'fake-indexeddb/auto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { Engine } from '#gpu/initialize.ts';
import { DEFAULT_TILES, MATMUL_TILES } from '#gpu/matmul-tiles.ts';
import { folderTuningStore } from '#headless/folder-tuning-store.ts';
import { openDatabase } from '#storage/database.ts';
import { IdbTuningStore } from '#storage/tuning-store.ts';
import { tuneDevice } from '#worker/tune-device.ts';

const FOUND = { small: MATMUL_TILES[1]!, large: MATMUL_TILES[4]! };

const engine = (software: boolean, vendor = 'maker') =>
  ({
    webgpu: { matmulTiles: DEFAULT_TILES },
    info: { vendor, architecture: 'a', device: 'd', description: '' },
    software,
  }) as unknown as Engine;

// Node 20 has none.
beforeAll(() => void vi.stubGlobal('navigator', { userAgent: 'test' }));

const tilesOf = ({ webgpu }: Engine) => webgpu!.matmulTiles;

async function file(): Promise<string> {
  return join(await mkdtemp(join(tmpdir(), 'tuning-')), 'cache', 'tuning.json');
}

describe.each([
  ['in the browser', async () => new IdbTuningStore(await openDatabase({ name: 'tuning' }))],
  ['in a folder', async () => folderTuningStore(await file())],
] as const)('tuning kept %s', (_where, open) => {
  it('is measured once for an adapter, and never for an emulated one', async () => {
    const store = await open();
    const tune = vi.fn(async () => FOUND);
    const [first, again, other, emulated] = [engine(false), engine(false), engine(false, 'other'), engine(true)];
    for (const each of [first, again, other, emulated]) await tuneDevice(each, store, tune);
    expect(tune).toHaveBeenCalledTimes(2);
    expect([first, again, other, emulated].map(tilesOf)).toEqual([FOUND, FOUND, FOUND, DEFAULT_TILES]);
  });
});

it('a damaged file is measured anew', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'tuning-')), 'tuning.json');
  await writeFile(path, '{"cut off');
  const store = folderTuningStore(path);
  expect(await store.load('key')).toBeUndefined();
  await store.save('key', FOUND);
  expect(await store.load('key')).toEqual(FOUND);
});
