import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { linearGrid } from '#gpu/define-kernel.ts';
import { initializeEngine } from '#gpu/initialize.ts';
import { readTensor, snapshot, streamTensor } from '#gpu/read-back.ts';
import { canBeHalf, halfBytes, isHalf, markHalf, storageOf } from '#gpu/tensor-storage.ts';

beforeAll(() => tf.setBackend('cpu'));

describe('storage of a tensor', () => {
  it('is told by its dtype, unless it was marked as halves', () => {
    expect(storageOf(tf.tensor1d([1]))).toBe('f32');
    expect(storageOf(tf.tensor1d([1], 'int32'))).toBe('i32');
    expect(storageOf(tf.tensor1d([true], 'bool'))).toBe('i32');
    const marked = tf.tensor1d([1, 2, 3, 4]);
    markHalf(marked.dataId, 'bf16');
    expect([storageOf(marked), isHalf(marked), isHalf(tf.tensor1d([1]))]).toEqual(['bf16', true, false]);
  });
  it('halves come in whole groups of four', () => {
    expect([1, 4, 5, 8].map(halfBytes)).toEqual([8, 8, 16, 16]);
    expect([[4], [3, 8], [8, 3], [], [0], [2, 1]].map(canBeHalf)).toEqual([true, true, false, false, false, false]);
  });
});

describe('linearGrid', () => {
  it.each([1, 65_535, 65_536, 200_001, 10_000_000])('covers %i workgroups within the limit of a dimension', (count) => {
    const [x, y, z] = linearGrid(count);
    expect(x * y * z).toBeGreaterThanOrEqual(count);
    expect(x * y - count).toBeLessThan(y);
    expect(Math.max(x, y)).toBeLessThanOrEqual(65_535);
  });
});

describe('without WebGPU', () => {
  it('the engine says why, and runs on what is left', async () => {
    const engine = await initializeEngine();
    expect(engine).toMatchObject({ backendName: 'cpu', webgpu: null, info: null, software: false });
    expect(engine.unavailable?.message).toMatch(/\w+/);
    expect(tf.getBackend()).toBe('cpu');
  });
  it('was not asked for: there is nothing to explain', async () => {
    expect((await initializeEngine('cpu')).unavailable).toBeNull();
  });
  it('snapshots and streams work the same', async () => {
    const variable = tf.variable(tf.tensor1d([1, 2, 3, 4, 5]));
    const copy = snapshot(variable);
    variable.assign(tf.tensor1d([9, 9, 9, 9, 9]));
    expect([...(await readTensor(copy))]).toEqual([1, 2, 3, 4, 5]);
    const pieces: Uint8Array[] = [];
    for await (const piece of streamTensor(copy, 8)) pieces.push(piece.slice());
    expect(pieces.map((piece) => piece.length)).toEqual([8, 8, 4]);
    expect([...new Float32Array(Uint8Array.from(pieces.flatMap((piece) => [...piece])).buffer)]).toEqual([
      1, 2, 3, 4, 5,
    ]);
  });
});
