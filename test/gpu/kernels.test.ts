// Every kernel against its reference in plain tfjs operations on the CPU backend: forward and backward, odd sizes.

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type HalfStorage, storageOf } from '#gpu/tensor-storage.ts';
import type { AtelierBackend } from '#gpu/webgpu-backend.ts';
import { type Activation, activation } from '#kernels/activation/activation.ts';
import { add } from '#kernels/add/add.ts';
import { attention } from '#kernels/attention/attention.ts';
import { binaryCrossEntropy } from '#kernels/binary-cross-entropy/binary-cross-entropy.ts';
import { castStorage } from '#kernels/cast-storage/cast-storage.ts';
import { crossEntropy } from '#kernels/cross-entropy/cross-entropy.ts';
import { dropout } from '#kernels/dropout/dropout.ts';
import { DropoutKey } from '#kernels/dropout/dropout-key.ts';
import { embedding } from '#kernels/embedding/embedding.ts';
import { layerNorm } from '#kernels/layer-norm/layer-norm.ts';
import { linear } from '#kernels/linear/linear.ts';
import { startEngine } from '../setup/dawn.ts';
import { expectClose, values } from '../setup/tensors.ts';

let backend: AtelierBackend;

beforeAll(async () => {
  backend = (await startEngine()).webgpu!;
});

interface Input {
  readonly shape: readonly number[];
  readonly data?: Float32Array;
}
type Build = (inputs: tf.Tensor[]) => tf.Tensor;

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** Output and gradients of sum(output · weights), on one backend. */
async function run(name: string, build: Build, inputs: readonly Input[]): Promise<Float32Array[]> {
  await tf.setBackend(name);
  const before = tf.memory().numTensors;
  const tensors = inputs.map(({ shape, data }, i) => tf.tensor(data ?? values(sizeOf(shape), i + 1), [...shape]));
  let output: tf.Tensor | null = null;
  const { value, grads } = tf.valueAndGrads((...xs: tf.Tensor[]) => {
    const y = build(xs);
    output = tf.keep(tf.clone(y));
    const weights = tf.tensor(values(y.size, 99), y.shape);
    return tf.sum(tf.mul(y, weights)).asScalar();
  })(tensors);
  const read = async (tensor: tf.Tensor) => Float32Array.from((await tensor.data()) as Float32Array);
  const results = [await read(output!), ...(await Promise.all(grads.map(read)))];
  tf.dispose([output!, value, grads, tensors]);
  expect(tf.memory().numTensors, 'leaked tensors').toBe(before);
  return results;
}

async function expectParity(
  build: Build,
  inputs: readonly Input[],
  tolerance = { absolute: 2e-5, relative: 2e-5 },
): Promise<void> {
  const expected = await run('cpu', build, inputs);
  const actual = await run('atelier', build, inputs);
  for (const [i, values] of expected.entries()) {
    expectClose(actual[i]!, values, tolerance, i === 0 ? 'output' : `gradient ${i - 1}`);
  }
  expect(expected.slice(1).some((gradient) => gradient.some((value) => value !== 0))).toBe(true);
}

const half =
  (storage: HalfStorage, build: Build): Build =>
  (xs) =>
    castStorage(build(xs.map((x) => castStorage(x, storage))), 'f32');

describe('linear', () => {
  for (const [m, k, n] of [
    [1, 1, 1],
    [3, 5, 7],
    [33, 127, 65],
    [129, 64, 4],
    [16, 36, 32],
    [70, 260, 96],
  ] as const) {
    it(`f32 ${m} x ${k} x ${n}`, () =>
      expectParity(([x, w, b]) => linear(x!, w!, b!), [{ shape: [m, k] }, { shape: [n, k] }, { shape: [n] }]));
  }
  it('three axes, no bias', () =>
    expectParity(([x, w]) => linear(x!, w!, null), [{ shape: [2, 3, 12] }, { shape: [8, 12] }]));
  it('the large tile', () =>
    expectParity(([x, w, b]) => linear(x!, w!, b!), [{ shape: [520, 20] }, { shape: [516, 20] }, { shape: [516] }]));
  for (const storage of ['f16', 'bf16'] as const) {
    it(`${storage} storage`, async () => {
      const build: Build = half(storage, ([x, w, b]) => {
        const y = linear(x!, w!, castStorage(b!, 'f32'));
        if (tf.getBackend() === 'atelier') expect(storageOf(y)).toBe(storage);
        return y;
      });
      const step = storage === 'f16' ? 2 ** -10 : 2 ** -7;
      await expectParity(build, [{ shape: [9, 64] }, { shape: [12, 64] }, { shape: [12] }], {
        absolute: 8 * step,
        relative: 2 * step,
      });
    });
  }
});

describe('layer norm', () => {
  for (const shape of [
    [1, 1],
    [3, 5],
    [2, 3, 127],
    [130, 64],
  ]) {
    it(`${shape}`, () =>
      expectParity(
        ([x, g, b]) => layerNorm(x!, g!, b!, 1e-5),
        [{ shape }, { shape: [shape.at(-1)!] }, { shape: [shape.at(-1)!] }],
        { absolute: 1e-4, relative: 1e-4 },
      ));
  }
});

describe('activation', () => {
  for (const kind of ['gelu', 'gelu_tanh', 'relu', 'silu', 'tanh'] satisfies Activation[]) {
    it(`${kind}, from -30 to 30`, () =>
      expectParity(([x]) => activation(x!, kind), [{ shape: [129], data: values(129).map((v) => v * 30) }]));
  }
});

describe('attention', () => {
  const mask = (batch: number, keys: number) =>
    tf.tensor2d(
      Int32Array.from({ length: batch * keys }, (_, i) => (i % keys < keys - Math.floor(i / keys) * 2 ? 1 : 0)),
      [batch, keys],
      'int32',
    );
  for (const [batch, length, heads, size] of [
    [1, 1, 1, 4],
    [2, 7, 3, 5],
    [3, 33, 2, 8],
  ] as const) {
    for (const probability of [0, 0.25]) {
      it(`B ${batch} L ${length} H ${heads} D ${size}, dropout ${probability}`, () =>
        expectParity(
          ([q, k, v]) =>
            attention(q!, k!, v!, mask(batch, length), {
              heads,
              dropout: probability,
              dropoutKey: new DropoutKey(7, 3),
            }),
          [
            { shape: [batch, length, heads * size] },
            { shape: [batch, length, heads * size] },
            { shape: [batch, length, heads * size] },
          ],
        ));
    }
  }
});

describe('dropout', () => {
  it('drops the same elements forward, backward and on the CPU', () =>
    expectParity(([x]) => dropout(x!, 0.3, new DropoutKey(42, 5)), [{ shape: [7, 19] }]));
  it('keeps about 1 - p and depends on seed, step and site', async () => {
    await tf.setBackend('atelier');
    const kept = async (key: DropoutKey, site: number): Promise<Float32Array> => {
      for (let i = 0; i < site; i++) key.takeSite();
      return ((await dropout(tf.ones([20_000]), 0.3, key).data()) as Float32Array).map((value) => (value > 0 ? 1 : 0));
    };
    const first = await kept(new DropoutKey(1, 1), 0);
    expect(first.reduce((sum, value) => sum + value, 0) / 20_000).toBeCloseTo(0.7, 1);
    for (const other of [
      await kept(new DropoutKey(2, 1), 0),
      await kept(new DropoutKey(1, 2), 0),
      await kept(new DropoutKey(1, 1), 1),
    ]) {
      const agreeing = other.filter((value, i) => value === first[i]).length / 20_000;
      expect(agreeing).toBeGreaterThan(0.55);
      expect(agreeing).toBeLessThan(0.61);
    }
  });
});

describe('embedding', () => {
  const ids = Int32Array.from({ length: 21 }, (_, i) => (i * 7) % 5);
  it('rows and gradient', () => expectParity(([w]) => embedding(w!, ids, [3, 7]), [{ shape: [11, 6] }]));
});

describe('losses', () => {
  const labels = () => tf.tensor1d(Int32Array.of(0, 2, -100, 1, 4), 'int32');
  for (const smoothing of [0, 0.1]) {
    it(`cross-entropy, smoothing ${smoothing}`, () =>
      expectParity(
        ([x]) => crossEntropy(x!, labels(), smoothing),
        [{ shape: [5, 5], data: values(25).map((v) => v * 20) }],
      ));
  }
  it('binary cross-entropy, also at zero', () =>
    expectParity(
      ([x]) =>
        binaryCrossEntropy(
          x!,
          tf.tensor2d([
            [0, 1],
            [1, 0],
          ]),
        ),
      [{ shape: [2, 2], data: Float32Array.of(0, 0, -60, 60) }],
    ));
  it('add', () => expectParity(([a, b]) => add(a!, b!), [{ shape: [3, 7] }, { shape: [3, 7] }]));
});

describe('half storage', () => {
  for (const [storage, step] of [
    ['f16', 2 ** -11],
    ['bf16', 2 ** -8],
  ] as const) {
    it(`${storage} rounds to nearest, takes half the bytes, and stock operations widen it`, async () => {
      await tf.setBackend('atelier');
      const x = values(64).map((v) => v * 100);
      const stored = castStorage(tf.tensor2d(x, [8, 8]), storage);
      expect(storageOf(stored)).toBe(storage);
      expect(backend.bindingOf(stored).size).toBe(128);
      const read = (await stored.data()) as Float32Array;
      expectClose(read, x, { absolute: 0, relative: step });
      expectClose(
        (await tf.add(stored, 1).data()) as Float32Array,
        read.map((v) => v + 1),
        { absolute: 1e-5, relative: 0 },
      );
      expectClose((await tf.reshape(stored, [64]).data()) as Float32Array, read, { absolute: 0, relative: 0 });
    });
  }

  it('a value beyond f16 raises the overflow flag and is clamped', async () => {
    await tf.setBackend('atelier');
    const flag = async () =>
      (
        await tf
          .engine()
          .makeTensorFromTensorInfo({ ...backend.overflowTensor })
          .data()
      )[0];
    backend.clear(backend.overflowTensor);
    const fits = castStorage(tf.tensor1d([65504, -65504, 1, 2]), 'f16');
    expect(Array.from(await fits.data())).toEqual([65504, -65504, 1, 2]);
    expect(await flag()).toBe(0);
    const clamped = castStorage(tf.tensor1d([65536, -1e30, 1, 2]), 'f16');
    expect(Array.from(await clamped.data())).toEqual([65504, -65504, 1, 2]);
    expect(await flag()).toBe(1);
  });
});
