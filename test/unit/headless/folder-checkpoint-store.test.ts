// Checkpoints of the runner: folders as HF lays them out, whole or not at all.

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openCheckpointFolder } from '#headless/checkpoint-folder.ts';
import { FolderCheckpointStore } from '#headless/folder-checkpoint-store.ts';
import type { CheckpointStore } from '#storage/checkpoint-store.ts';
import { bytesOf, checkpointWrite, RUN, tensorSource } from '../storage/checkpoint-store-conformance.ts';

let root: string;
let store: CheckpointStore;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'folder-store-'));
  store = new FolderCheckpointStore(join(root, 'out'));
});
afterEach(() => rm(root, { recursive: true }));

const names = async (): Promise<string[]> => (await store.list(RUN)).map(({ name }) => name);
const both = () => [
  tensorSource('w', bytesOf(1, 4000)),
  tensorSource('exp_avg.w', bytesOf(2, 4000), { file: 'optimizer.safetensors' }),
];

describe('FolderCheckpointStore', () => {
  it('an output folder that is not there yet is empty', async () => {
    expect(await names()).toEqual([]);
  });

  it('gives back what was saved', async () => {
    const manifest = await store.save(checkpointWrite(20, { tensors: both() }));
    expect(manifest).toMatchObject({ name: 'checkpoint-20', step: 20, modelOnly: false });
    const stored = await store.open(RUN, manifest.checkpointId);
    expect(await stored.readTensor('model.safetensors', 'w')).toEqual(bytesOf(1, 4000));
    expect(await stored.readTensor('optimizer.safetensors', 'exp_avg.w')).toEqual(bytesOf(2, 4000));
    expect(await stored.readFile('config.json')).toBe('{"é": 1}');
    const pieces: number[] = [];
    for await (const piece of stored.streamTensor('model.safetensors', 'w')) pieces.push(...piece);
    expect(Uint8Array.from(pieces)).toEqual(bytesOf(1, 4000));
    await expect(stored.readTensor('model.safetensors', 'nope')).rejects.toMatchObject({ code: 'E-CHECKPOINT' });
  });

  it('lists by step, not by name; a checkpoint without optimizer is a model alone', async () => {
    for (const step of [100, 20, 3]) await store.save(checkpointWrite(step));
    expect(await names()).toEqual(['checkpoint-3', 'checkpoint-20', 'checkpoint-100']);
    expect((await store.list(RUN))[0]!.modelOnly).toBe(true);
  });

  it('puts the final model into the output folder itself, beside the checkpoints', async () => {
    await store.save(checkpointWrite(5));
    await store.save(checkpointWrite(5, { name: 'final' }));
    expect((await readdir(join(root, 'out'))).sort()).toEqual([
      'checkpoint-5',
      'config.json',
      'model.safetensors',
      'trainer_state.json',
    ]);
    expect(await names()).toEqual(['checkpoint-5']);
  });

  it('rotates after the new one is in its place, and replaces one of the same name', async () => {
    await store.save(checkpointWrite(1));
    await store.save(checkpointWrite(2, { rotate: (others) => others.map(({ checkpointId }) => checkpointId) }));
    await store.save(
      checkpointWrite(2, {
        tensors: [tensorSource('w', bytesOf(9, 16))],
        rotate: (others) => others.map(({ checkpointId }) => checkpointId),
      }),
    );
    expect(await names()).toEqual(['checkpoint-2']);
    const [{ checkpointId }] = (await store.list(RUN)) as unknown as [
      { checkpointId: Parameters<CheckpointStore['open']>[1] },
    ];
    expect(await (await store.open(RUN, checkpointId)).readTensor('model.safetensors', 'w')).toEqual(bytesOf(9, 16));
  });

  it.each<[string, object, string]>([
    [
      'fails',
      {
        async *chunks() {
          yield bytesOf(1, 8);
          throw new Error('the device was lost');
        },
      },
      'the device was lost',
    ],
    ['is too short', { shape: [1001], byteLength: 4004 }, 'Tensor w should have 4004 bytes, but 4000 came.'],
  ])(
    'a source that %s leaves the checkpoint of that name as it was, and nothing half written',
    async (_, fault, message) => {
      await store.save(checkpointWrite(1));
      const write = checkpointWrite(1, {
        tensors: [{ ...tensorSource('w', bytesOf(7, 4000)), ...fault }],
        rotate: (others) => others.map(({ checkpointId }) => checkpointId),
      });
      await expect(store.save(write)).rejects.toThrow(message);
      expect(await readdir(join(root, 'out'))).toEqual(['checkpoint-1']);
      const stored = await openCheckpointFolder(join(root, 'out/checkpoint-1'), RUN, 'checkpoint-1');
      expect(await stored.readTensor('model.safetensors', 'w')).toEqual(bytesOf(1, 4000));
    },
  );

  it('what a killed run left half written is no checkpoint, and is cleared away by the next save', async () => {
    await store.save(checkpointWrite(1));
    await store.save(checkpointWrite(2));
    await rm(join(root, 'out/checkpoint-2'), { recursive: true });
    await writeFile(join(root, 'out/.partial-checkpoint-2'), '');
    expect(await names()).toEqual(['checkpoint-1']);
    await store.save(checkpointWrite(2));
    expect((await readdir(join(root, 'out'))).sort()).toEqual(['checkpoint-1', 'checkpoint-2']);
  });

  it('a truncated weight file is refused when it is opened', async () => {
    const { checkpointId } = await store.save(checkpointWrite(1));
    const path = join(root, 'out/checkpoint-1/model.safetensors');
    await writeFile(path, (await readFile(path)).subarray(0, 500));
    await expect(store.open(RUN, checkpointId)).rejects.toMatchObject({ code: 'E-MODEL-FORMAT' });
  });
});
