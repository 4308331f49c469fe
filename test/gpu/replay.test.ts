// Steps that are recorded and replayed: the same bits as eager ones, over lengths, accumulation and a changing learning
// rate; nothing allocated; a reason where a step can not be recorded.

import * as tf from '@tensorflow/tfjs';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readTensor } from '#gpu/read-back.ts';
import { StepCache } from '#gpu/step-cache.ts';
import type { AtelierBackend } from '#gpu/webgpu-backend.ts';
import { dropout } from '#kernels/dropout/dropout.ts';
import { DropoutKey } from '#kernels/dropout/dropout-key.ts';
import type { ComputeStorage } from '#nn/forward-context.ts';
import type { Batch } from '#util/nd-array.ts';
import { startEngine } from '../setup/dawn.ts';
import { tinyBert } from '../setup/tiny-bert.ts';
import { type Trained, trainUpdates } from '../setup/train-updates.ts';

let backend: AtelierBackend;

beforeAll(async () => {
  backend = (await startEngine()).webgpu!;
});
beforeEach(() => tf.setBackend('atelier'));

/** Texts of one of three lengths, all of them padded differently. */
function batchAt(step: number): Batch {
  const [rows, length] = [4, [8, 16, 24][step % 3]!];
  const ids = Int32Array.from({ length: rows * length }, (_, i) => 1 + ((i * 7 + step * 5) % 30));
  const mask = Int32Array.from(ids, (_, i) => (i % length < length - Math.floor(i / length) ? 1 : 0));
  return {
    input_ids: { data: ids, shape: [rows, length] },
    attention_mask: { data: mask, shape: [rows, length] },
    labels: { data: Int32Array.from({ length: rows }, (_, row) => (row + step) % 2), shape: [rows] },
  };
}

const train = (storage: ComputeStorage, recordedSteps: number, checkpointEvery = 0): Promise<Trained> =>
  trainUpdates({ makeModel: tinyBert, updates: 30, batchAt }, storage, recordedSteps, { checkpointEvery });

describe('replayed steps', () => {
  it.each(['f32', 'f16', 'bf16'] as const)('30 updates in %s equal eager ones bit for bit', async (storage) => {
    const [eager, replayed] = [await train(storage, 0), await train(storage, 32)];
    expect(new Set(eager.modes)).toEqual(new Set(['eager']));
    expect(replayed.modes.slice(0, 12)).toContain('recorded');
    expect(new Set(replayed.modes.slice(12))).toEqual(new Set(['replayed']));
    expect(replayed.losses).toEqual(eager.losses);
    expect(replayed.weights).toEqual(eager.weights);
    expect(new Set(eager.losses).size).toBeGreaterThan(50);
  });

  it('allocate nothing once all lengths are recorded', async () => {
    const { allocated } = await train('f32', 32);
    expect(new Set(allocated.slice(12)).size).toBe(1);
  });

  it.each([1, 2])('with every layer of %i checkpointed are the same, dropout included', async (every) => {
    const [plain, checkpointed] = [await train('f32', 32), await train('f32', 32, every)];
    expect(checkpointed.modes).toEqual(plain.modes);
    expect(checkpointed.losses).toEqual(plain.losses);
    expect(checkpointed.weights).toEqual(plain.weights);
  });

  it('with room for two lengths forget the oldest, and stay right', async () => {
    const [eager, replayed] = [await train('f32', 0), await train('f32', 2)];
    expect(replayed.losses).toEqual(eager.losses);
    expect(replayed.weights).toEqual(eager.weights);
  });
});

describe('StepCache', () => {
  const output = () => tf.variable(tf.zeros([4]), false);

  it('feeds each run its own values', async () => {
    const steps = new StepCache<number>();
    const y = output();
    const seen: number[][] = [];
    for (const source of [1, 2, 3, 4]) {
      steps.run('key', source, (feed) => {
        const x = feed((value) => Float32Array.of(value, value + 1, value + 2, value + 3), [4]);
        const key = new DropoutKey(1, 1, () => feed(() => Int32Array.of(1, 1), [2]));
        const dropped = dropout(x, 1e-9, key);
        backend.copyOut(dropped, 0, 16, backend.bufferOf(y));
        dropped.dispose();
      });
      seen.push([...(await readTensor(y))]);
    }
    expect(seen).toEqual([1, 2, 3, 4].map((value) => [value, value + 1, value + 2, value + 3]));
    steps.dispose();
  });

  it.each([
    ['an operation of tfjs', 'operation of tfjs', (x: tf.Tensor) => tf.add(x, x)],
    [
      'values that are no feed',
      'other than its feeds',
      (x: tf.Tensor) => dropout(x, 0.5, new DropoutKey(1, 1, () => tf.tensor1d([1, 1], 'int32'))),
    ],
  ] as const)('runs a step with %s eagerly, and says why', (_name, reason, compute) => {
    const steps = new StepCache<number>();
    const modes = [1, 2, 3].map((source) =>
      steps.run('key', source, (feed) => {
        tf.dispose(tf.tidy(() => compute(feed((value) => new Float32Array(4).fill(value), [4]))));
      }),
    );
    expect(modes).toEqual(['eager', 'recorded', 'eager']);
    expect(steps.refusals).toEqual([expect.stringContaining(reason)]);
    steps.dispose();
  });
});
