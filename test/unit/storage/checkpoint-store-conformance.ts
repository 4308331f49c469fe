// What every CheckpointStore has to do, as tests to be run against each of them.

import { describe, expect, it } from 'vitest';
import type { CheckpointId, RunId } from '#protocol/ids.ts';
import type { CheckpointManifest, CheckpointStore, CheckpointWrite, TensorSource } from '#storage/checkpoint-store.ts';
import { Crc32 } from '#util/crc32.ts';

export const RUN = 'run-a' as RunId;
const OTHER_RUN = 'run-b' as RunId;

/** Bytes that differ from tensor to tensor and from place to place. */
export function bytesOf(seed: number, length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => (seed * 31 + i * 7 + (i >> 8)) & 255);
}

export function crcOf(bytes: Uint8Array): number {
  const crc = new Crc32();
  crc.update(bytes);
  return crc.digest();
}

interface SourceOptions {
  readonly file?: string;
  /** Size of the pieces in which the bytes come. */
  readonly pieceBytes?: number;
  /** Wait that many turns of the event loop before each piece. */
  readonly turns?: number;
}

export function tensorSource(
  name: string,
  bytes: Uint8Array,
  { file = 'model.safetensors', pieceBytes = 1000, turns = 0 }: SourceOptions = {},
): TensorSource {
  return {
    file,
    name,
    dtype: 'F32',
    shape: [bytes.length / 4],
    byteLength: bytes.length,
    async *chunks() {
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setTimeout(resolve));
        yield bytes.subarray(at, at + pieceBytes);
      }
    },
  };
}

function failingSource(name: string, goodBytes: number, error: unknown): TensorSource {
  return {
    ...tensorSource(name, bytesOf(9, goodBytes * 2)),
    async *chunks() {
      yield bytesOf(9, goodBytes);
      await new Promise((resolve) => setTimeout(resolve));
      throw error;
    },
  };
}

export function checkpointWrite(step: number, changes: Partial<CheckpointWrite> = {}): CheckpointWrite {
  return {
    runId: RUN,
    name: `checkpoint-${step}`,
    step,
    epoch: step / 10,
    modelOnly: false,
    isBest: false,
    metrics: { eval_loss: 1 / step },
    tensors: [tensorSource('w', bytesOf(step, 4000)), tensorSource('b', bytesOf(step + 1, 40))],
    files: new Map([
      ['config.json', '{"é": 1}'],
      ['trainer_state.json', `{"global_step": ${step}}`],
    ]),
    rotate: () => [],
    ...changes,
  };
}

const namesOf = (manifests: readonly CheckpointManifest[]): string[] => manifests.map(({ name }) => name);

export function describeCheckpointStore(storeName: string, make: () => Promise<CheckpointStore>): void {
  describe(`${storeName} as a checkpoint store`, () => {
    it('gives back what was saved', async () => {
      const store = await make();
      const manifest = await store.save(checkpointWrite(10));
      expect(manifest).toMatchObject({
        runId: RUN,
        name: 'checkpoint-10',
        step: 10,
        epoch: 1,
        modelOnly: false,
        isBest: false,
        metrics: { eval_loss: 0.1 },
        files: ['config.json', 'trainer_state.json'],
      });
      expect(manifest.byteLength).toBe(4040 + 9 + 19);
      expect(manifest.tensors).toEqual([
        {
          file: 'model.safetensors',
          name: 'w',
          dtype: 'F32',
          shape: [1000],
          byteLength: 4000,
          crc32: crcOf(bytesOf(10, 4000)),
        },
        {
          file: 'model.safetensors',
          name: 'b',
          dtype: 'F32',
          shape: [10],
          byteLength: 40,
          crc32: crcOf(bytesOf(11, 40)),
        },
      ]);
      const stored = await store.open(RUN, manifest.checkpointId);
      expect(stored.manifest).toEqual(manifest);
      expect(await stored.readTensor('model.safetensors', 'w')).toEqual(bytesOf(10, 4000));
      expect(await stored.readTensor('model.safetensors', 'b')).toEqual(bytesOf(11, 40));
      expect(await stored.readFile('config.json')).toBe('{"é": 1}');
      expect(await store.list(RUN)).toEqual([manifest]);
    });

    it('streams a tensor', async () => {
      const store = await make();
      const { checkpointId } = await store.save(checkpointWrite(1));
      const pieces: number[] = [];
      for await (const piece of (await store.open(RUN, checkpointId)).streamTensor('model.safetensors', 'w'))
        pieces.push(...piece);
      expect(Uint8Array.from(pieces)).toEqual(bytesOf(1, 4000));
    });

    it('keeps tensors of the same name in different files apart, and empty ones', async () => {
      const store = await make();
      const tensors = [
        tensorSource('w', bytesOf(1, 8)),
        tensorSource('w', bytesOf(2, 8), { file: 'optimizer.safetensors' }),
        tensorSource('none', new Uint8Array(0)),
      ];
      const { checkpointId } = await store.save(checkpointWrite(1, { tensors }));
      const stored = await store.open(RUN, checkpointId);
      expect(await stored.readTensor('optimizer.safetensors', 'w')).toEqual(bytesOf(2, 8));
      expect(await stored.readTensor('model.safetensors', 'w')).toEqual(bytesOf(1, 8));
      expect(await stored.readTensor('model.safetensors', 'none')).toEqual(new Uint8Array(0));
    });

    it('does not depend on what happens to the pieces later', async () => {
      const store = await make();
      const reused = new Uint8Array(8);
      const source: TensorSource = {
        ...tensorSource('w', new Uint8Array(16)),
        async *chunks() {
          yield reused.fill(1);
          yield reused.fill(2);
          reused.fill(3);
        },
      };
      const { checkpointId } = await store.save(checkpointWrite(1, { tensors: [source] }));
      expect([...(await (await store.open(RUN, checkpointId)).readTensor('model.safetensors', 'w'))]).toEqual([
        ...Array(8).fill(1),
        ...Array(8).fill(2),
      ]);
    });

    it('lists by step, the final one last, each run by itself', async () => {
      const store = await make();
      for (const write of [
        checkpointWrite(100),
        checkpointWrite(20),
        checkpointWrite(100, { name: 'final', modelOnly: true }),
        checkpointWrite(3),
      ])
        await store.save(write);
      await store.save(checkpointWrite(7, { runId: OTHER_RUN }));
      expect(namesOf(await store.list(RUN))).toEqual(['checkpoint-3', 'checkpoint-20', 'checkpoint-100', 'final']);
      expect(namesOf(await store.list(OTHER_RUN))).toEqual(['checkpoint-7']);
      expect(await store.list('nobody' as RunId)).toEqual([]);
    });

    it('rotates what it is told to, having told what there is', async () => {
      const store = await make();
      const first = await store.save(checkpointWrite(10));
      await store.save(checkpointWrite(20));
      await store.save(checkpointWrite(10, { runId: OTHER_RUN }));
      let told: readonly CheckpointManifest[] = [];
      await store.save(
        checkpointWrite(30, {
          rotate: (others) => {
            told = others;
            return [others[0]!.checkpointId];
          },
        }),
      );
      expect(namesOf(told)).toEqual(['checkpoint-10', 'checkpoint-20']);
      expect(namesOf(await store.list(RUN))).toEqual(['checkpoint-20', 'checkpoint-30']);
      expect(namesOf(await store.list(OTHER_RUN))).toEqual(['checkpoint-10']);
      await expect(store.open(RUN, first.checkpointId)).rejects.toMatchObject({ code: 'E-CHECKPOINT' });
    });

    it('moves the mark of the best', async () => {
      const store = await make();
      await store.save(checkpointWrite(10, { isBest: true }));
      await store.save(checkpointWrite(10, { runId: OTHER_RUN, isBest: true }));
      await store.save(checkpointWrite(20));
      let marks: boolean[] = [];
      await store.save(
        checkpointWrite(30, {
          isBest: true,
          rotate: (others) => {
            marks = others.map(({ isBest }) => isBest);
            return [];
          },
        }),
      );
      expect(marks).toEqual([false, false]);
      expect((await store.list(RUN)).map(({ isBest }) => isBest)).toEqual([false, false, true]);
      expect((await store.list(OTHER_RUN))[0]!.isBest).toBe(true);
    });

    it('replaces a checkpoint of the same name, which rotation is not told of', async () => {
      const store = await make();
      const old = await store.save(checkpointWrite(10, { isBest: true }));
      let told: string[] = [];
      const fresh = await store.save(
        checkpointWrite(10, {
          tensors: [tensorSource('w', bytesOf(77, 12))],
          rotate: (others) => {
            told = namesOf(others);
            return [];
          },
        }),
      );
      expect(told).toEqual([]);
      expect(await store.list(RUN)).toEqual([fresh]);
      expect(await (await store.open(RUN, fresh.checkpointId)).readTensor('model.safetensors', 'w')).toEqual(
        bytesOf(77, 12),
      );
      await expect(store.open(RUN, old.checkpointId)).rejects.toMatchObject({ code: 'E-CHECKPOINT' });
    });

    it.each([
      ['throws', (error: unknown) => failingSource('bad', 4000, error)],
      ['throws at once', (error: unknown) => failingSource('bad', 0, error)],
    ])('leaves everything as it was when a source %s', async (_, make_) => {
      const store = await make();
      const before = [await store.save(checkpointWrite(10, { isBest: true })), await store.save(checkpointWrite(20))];
      const error = new DOMException('the device was lost', 'OperationError');
      const write = checkpointWrite(20, {
        isBest: true,
        tensors: [tensorSource('w', bytesOf(5, 4000)), make_(error)],
        rotate: (others) => others.map(({ checkpointId }) => checkpointId),
      });
      await expect(store.save(write)).rejects.toBe(error);
      expect(await store.list(RUN)).toEqual(before);
      expect(await (await store.open(RUN, before[1]!.checkpointId)).readTensor('model.safetensors', 'w')).toEqual(
        bytesOf(20, 4000),
      );
      await store.save(checkpointWrite(30));
      expect(namesOf(await store.list(RUN))).toEqual(['checkpoint-10', 'checkpoint-20', 'checkpoint-30']);
    });

    it('refuses a source that gives another number of bytes than announced', async () => {
      const store = await make();
      const short = { ...tensorSource('w', bytesOf(1, 100)), byteLength: 104 };
      await expect(store.save(checkpointWrite(1, { tensors: [short] }))).rejects.toThrow(
        /Tensor w should have 104 bytes, but 100 came/,
      );
      expect(await store.list(RUN)).toEqual([]);
    });

    it('waits for slow sources', async () => {
      const store = await make();
      const { checkpointId } = await store.save(
        checkpointWrite(1, { tensors: [tensorSource('w', bytesOf(1, 4000), { pieceBytes: 500, turns: 5 })] }),
      );
      expect(await (await store.open(RUN, checkpointId)).readTensor('model.safetensors', 'w')).toEqual(
        bytesOf(1, 4000),
      );
    });

    it('deletes one checkpoint of one run', async () => {
      const store = await make();
      const { checkpointId } = await store.save(checkpointWrite(1));
      await store.save(checkpointWrite(2));
      await store.delete(OTHER_RUN, checkpointId);
      expect(namesOf(await store.list(RUN))).toEqual(['checkpoint-1', 'checkpoint-2']);
      await store.delete(RUN, checkpointId);
      expect(namesOf(await store.list(RUN))).toEqual(['checkpoint-2']);
    });

    it('says what is not there', async () => {
      const store = await make();
      const { checkpointId } = await store.save(checkpointWrite(1));
      const stored = await store.open(RUN, checkpointId);
      await expect(stored.readFile('nope.json')).rejects.toThrow('checkpoint-1 has no file nope.json.');
      await expect(stored.readTensor('model.safetensors', 'nope')).rejects.toThrow(
        'checkpoint-1 has no tensor nope of model.safetensors.',
      );
      await expect(store.open(OTHER_RUN, checkpointId)).rejects.toMatchObject({ code: 'E-CHECKPOINT' });
      await expect(store.open(RUN, 'gone' as CheckpointId)).rejects.toThrow(/not stored any more/);
    });
  });
}
