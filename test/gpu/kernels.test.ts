// Every kernel against its reference in plain tfjs operations on the CPU backend: forward and backward, odd sizes.

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { storageOf } from '#gpu/tensor-storage.ts';
import type { AtelierBackend } from '#gpu/webgpu-backend.ts';
import { type Activation, activation } from '#kernels/activation/activation.ts';
import { add } from '#kernels/add/add.ts';
import { addColumns } from '#kernels/add-columns/add-columns.ts';
import { attention } from '#kernels/attention/attention.ts';
import { castStorage } from '#kernels/cast-storage/cast-storage.ts';
import { crossEntropy } from '#kernels/cross-entropy/cross-entropy.ts';
import { dropout, takeDropout } from '#kernels/dropout/dropout.ts';
import type { DropoutKey } from '#kernels/dropout/dropout-key.ts';
import { embedding } from '#kernels/embedding/embedding.ts';
import { groupTokens } from '#kernels/embedding/token-ids.ts';
import { gatedActivation } from '#kernels/gated-activation/gated-activation.ts';
import { headNorm } from '#kernels/head-norm/head-norm.ts';
import { type LabelVectorLoss, labelVectorLoss } from '#kernels/label-vector-loss/label-vector-loss.ts';
import { layerNorm } from '#kernels/layer-norm/layer-norm.ts';
import { linear, linears } from '#kernels/linear/linear.ts';
import { mlp } from '#kernels/mlp/mlp.ts';
import { poolTokens } from '#kernels/pool-tokens/pool-tokens.ts';
import { rmsNorm } from '#kernels/rms-norm/rms-norm.ts';
import { rotary } from '#kernels/rotary/rotary.ts';
import { selectToken } from '#kernels/select-token/select-token.ts';
import { softCap } from '#kernels/soft-cap/soft-cap.ts';
import { transposeLast } from '#kernels/transpose-last/transpose-last.ts';
import { startEngine } from '../setup/dawn.ts';
import { dropoutKey, keep } from '../setup/forward-context.ts';
import { type Build, expectParity, half, runOn, sizeOf } from '../setup/kernel-parity.ts';
import { expectClose, values } from '../setup/tensors.ts';

let backend: AtelierBackend;

beforeAll(async () => {
  backend = (await startEngine()).webgpu!;
});

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
  it('several maps, dropout and residual', async () => {
    await expectParity(
      ([x, a, b, c]) => linears(x!, [a!, b!, c!], []),
      [{ shape: [9, 12] }, { shape: [8, 12] }, { shape: [4, 12] }, { shape: [5, 12] }],
    );
    for (const layout of ['out-in', 'in-out'] as const) {
      await expectParity(
        ([x, w, b, r]) => linear(x!, w!, b!, { layout, residual: r!, dropout: takeDropout(0.3, dropoutKey(3, 4)) }),
        [
          { shape: [34, 36] },
          { shape: layout === 'out-in' ? [40, 36] : [36, 40] },
          { shape: [40] },
          { shape: [34, 40] },
        ],
      );
    }
  });
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
    [3, 5],
    [2, 3, 127],
    [130, 64],
  ]) {
    it(`${shape}, without a shift`, () =>
      expectParity(([x, g]) => layerNorm(x!, g!, null, 1e-5), [{ shape }, { shape: [shape.at(-1)!] }], {
        absolute: 1e-4,
        relative: 1e-4,
      }));
  }
  for (const shape of [
    [1, 1],
    [3, 5],
    [2, 3, 127],
    [300, 20],
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

/** Tolerance and seeded inputs for a kernel that rounds to halves a few times. */
const HALVES = [
  ['f16', { absolute: 2 ** -8, relative: 2 ** -8 }],
  ['bf16', { absolute: 2 ** -5, relative: 2 ** -5 }],
] as const;

describe('rms norm', () => {
  for (const shape of [
    [1, 1],
    [3, 5],
    [2, 3, 127],
    [300, 20],
    [130, 64],
  ]) {
    for (const offset of [0, 1]) {
      const options = { eps: 1e-5, offset };
      const weight = { shape: [shape.at(-1)!] };
      it(`${shape}, offset ${offset}`, () =>
        expectParity(([x, w]) => rmsNorm(x!, w!, options), [{ shape }, weight], { absolute: 1e-4, relative: 1e-4 }));
      it(`${shape}, offset ${offset}, with residual`, () =>
        expectParity(([x, w, r]) => rmsNorm(x!, w!, { ...options, residual: r! }), [{ shape }, weight, { shape }], {
          absolute: 1e-4,
          relative: 1e-4,
        }));
    }
  }
  it.each(HALVES)('%s storage', (storage, tolerance) =>
    expectParity(
      half(storage, ([x, w]) => {
        const y = rmsNorm(x!, castStorage(w!, 'f32'), { eps: 1e-6, storage });
        if (tf.getBackend() === 'atelier') expect(storageOf(y)).toBe(storage);
        return y;
      }),
      [{ shape: [7, 36] }, { shape: [36] }],
      tolerance,
    ),
  );
});

describe('head norm', () => {
  for (const { batch, length, heads, kvHeads, size } of [
    { batch: 1, length: 1, heads: 1, kvHeads: 1, size: 4 },
    { batch: 2, length: 7, heads: 3, kvHeads: 1, size: 5 },
    { batch: 2, length: 13, heads: 4, kvHeads: 2, size: 12 },
    { batch: 3, length: 101, heads: 2, kvHeads: 1, size: 36 },
    { batch: 1, length: 3, heads: 2, kvHeads: 2, size: 132 },
  ]) {
    const shape = [batch, length, (heads + 2 * kvHeads) * size];
    for (const offset of [0, 1]) {
      it(`B ${batch} L ${length} H ${heads} G ${kvHeads} D ${size}, offset ${offset}`, () =>
        expectParity(
          ([x, q, k]) => headNorm(x!, q!, k!, { heads, kvHeads, eps: 1e-6, offset }),
          [{ shape }, { shape: [size] }, { shape: [size] }],
          { absolute: 1e-4, relative: 1e-4 },
        ));
    }
  }
  it.each(HALVES)('%s storage', (storage, tolerance) =>
    expectParity(
      half(storage, ([x, q, k]) => {
        const wide = [castStorage(q!, 'f32'), castStorage(k!, 'f32')] as const;
        return headNorm(x!, ...wide, { heads: 3, kvHeads: 1, eps: 1e-6 });
      }),
      [{ shape: [2, 5, 60] }, { shape: [12] }, { shape: [12] }],
      tolerance,
    ),
  );
});

describe('rotary', () => {
  /** Angles that are no multiples of each other; `half` pairs of columns turn. */
  const table = (length: number, half: number) => {
    const rows = Array.from({ length }, (_, position) => {
      const angles = Array.from({ length: half }, (_, pair) => position / 3 ** pair);
      return [...angles.map(Math.cos), ...angles.map(Math.sin)];
    });
    return keep(tf.tensor2d(rows));
  };
  for (const { batch, length, heads, all, size, half: pairs } of [
    { batch: 1, length: 1, heads: 1, all: 3, size: 4, half: 2 },
    { batch: 2, length: 7, heads: 3, all: 4, size: 6, half: 3 },
    { batch: 2, length: 13, heads: 6, all: 8, size: 12, half: 6 },
    { batch: 2, length: 9, heads: 3, all: 4, size: 32, half: 16 },
    { batch: 3, length: 5, heads: 3, all: 4, size: 32, half: 4 },
    { batch: 2, length: 5, heads: 2, all: 3, size: 20, half: 3 },
  ]) {
    it(`B ${batch} L ${length} D ${size}, ${pairs} pairs of ${heads} of ${all} heads`, () =>
      expectParity(([x]) => rotary(x!, table(length, pairs), heads, all), [{ shape: [batch, length, all * size] }]));
  }
  it.each(HALVES)('%s storage', (storage, tolerance) =>
    expectParity(
      half(storage, ([x]) => rotary(x!, table(6, 4), 3, 4)),
      [{ shape: [2, 6, 32] }],
      tolerance,
    ),
  );
});

describe('pool tokens', () => {
  it.each([5, 8])('of rows of %i', (columns) => {
    const weights = () => keep(tf.tensor2d(values(12, 5), [3, 4]));
    return expectParity(([x]) => poolTokens(x!, weights()), [{ shape: [3, 4, columns] }]);
  });
});

describe('gated activation', () => {
  for (const kind of ['silu', 'gelu_tanh', 'gelu'] satisfies Activation[]) {
    for (const shape of [
      [1, 2],
      [3, 5, 14],
      [70, 136],
    ]) {
      it(`${kind} ${shape}`, () =>
        expectParity(([x]) => gatedActivation(x!, kind), [{ shape, data: values(sizeOf(shape)).map((v) => v * 8) }], {
          absolute: 1e-4,
          relative: 1e-4,
        }));
    }
  }
  it.each(HALVES)('%s storage', async (storage, tolerance) => {
    for (const columns of [32, 12]) {
      await expectParity(
        half(storage, ([x]) => gatedActivation(x!, 'silu')),
        [{ shape: [5, columns] }],
        tolerance,
      );
    }
  });
});

describe('added columns', () => {
  it.each([
    [12, 4, 4],
    [14, 5, 3],
    [7, 7, 0],
  ])('of %i the %i from %i on', (wide, narrow, first) =>
    expectParity(
      ([base, delta]) => addColumns(base!, delta!, first, 1.5),
      [{ shape: [3, 5, wide] }, { shape: [3, 5, narrow] }],
    ),
  );
  it.each(HALVES)('%s storage', async (storage, tolerance) => {
    for (const [wide, narrow, first] of [
      [16, 8, 4],
      [20, 4, 12],
    ] as const) {
      await expectParity(
        half(storage, ([base, delta]) => addColumns(base!, delta!, first, 1.5)),
        [{ shape: [6, wide] }, { shape: [6, narrow] }],
        tolerance,
      );
    }
  });
});

describe('activation', () => {
  for (const kind of ['gelu', 'gelu_tanh', 'relu', 'silu', 'tanh'] satisfies Activation[]) {
    it(`${kind}, from -30 to 30`, () =>
      expectParity(([x]) => activation(x!, kind), [{ shape: [129], data: values(129).map((v) => v * 30) }]));
  }
});

describe('soft limits', () => {
  for (const cap of [0.5, 30]) {
    it(`of ${cap}, from -30 to 30`, () =>
      expectParity(([x]) => softCap(x!, cap), [{ shape: [129], data: values(129).map((v) => v * 30) }]));
  }
});

describe('attention', () => {
  const mask = (batch: number, keys: number) =>
    tf.tensor2d(
      Int32Array.from({ length: batch * keys }, (_, i) => (i % keys < keys - Math.floor(i / keys) * 2 ? 1 : 0)),
      [batch, keys],
      'int32',
    );
  const sizes = [
    { batch: 1, length: 1, heads: 1, size: 4 },
    { batch: 2, length: 7, heads: 3, size: 5 },
    { batch: 3, length: 33, heads: 2, size: 8 },
    { batch: 2, length: 65, heads: 4, size: 16, causal: true },
    { batch: 1, length: 130, heads: 4, kvHeads: 2, size: 64, causal: true },
    { batch: 2, length: 97, heads: 4, kvHeads: 1, size: 36, window: 20 },
    { batch: 2, length: 100, heads: 2, size: 132, window: 40, causal: true },
    { batch: 1, length: 37, heads: 2, kvHeads: 1, size: 256, window: 20, causal: true },
    { batch: 3, length: 64, heads: 4, kvHeads: 2, size: 12, window: 24 },
    { batch: 1, length: 128, heads: 2, size: 32, causal: true },
  ];
  for (const { batch, length, size, ...rest } of sizes) {
    // Without dropout the kernels are others: the first sizes run both.
    for (const probability of length < 66 && !rest.kvHeads ? [0, 0.25] : [0.25]) {
      it(`B ${batch} L ${length} D ${size} ${JSON.stringify(rest)}, dropout ${probability}`, () =>
        expectParity(
          ([qkv]) =>
            attention(qkv!, mask(batch, length), { ...rest, dropout: probability, dropoutKey: dropoutKey(7, 3) }),
          [{ shape: [batch, length, (rest.heads + 2 * (rest.kvHeads ?? rest.heads)) * size] }],
        ));
    }
  }
  it('a row that sees no key gives zeros, and so do its gradients', async () => {
    const nothing = () => tf.tensor2d(Int32Array.from([1, 1, 1, 0, 0, 0]), [2, 3], 'int32');
    const build: Build = ([qkv]) => attention(qkv!, nothing(), { heads: 2, dropout: 0, dropoutKey: null });
    await expectParity(build, [{ shape: [2, 3, 24] }]);
    const [output, gradient] = await runOn('atelier', build, [{ shape: [2, 3, 24] }]);
    expect([...output!.subarray(24)].every((value) => value === 0)).toBe(true);
    expect([...gradient!.subarray(72)].every((value) => value === 0)).toBe(true);
  });
  it('extreme scores stay finite', () =>
    expectParity(
      ([qkv]) => attention(qkv!, mask(2, 40), { heads: 2, dropout: 0, dropoutKey: null, causal: true }),
      [{ shape: [2, 40, 48], data: values(2 * 40 * 48).map((v) => v * 30) }],
      { absolute: 2e-2, relative: 2e-3 },
    ));
});

describe('mlp', () => {
  for (const layout of ['out-in', 'in-out'] as const) {
    for (const [rows, k, f, n] of [
      [3, 5, 7, 5],
      [65, 32, 128, 32],
    ] as const) {
      it(`${layout} ${rows} x ${k} x ${f} x ${n}, with dropout and residual`, () =>
        expectParity(
          ([x, weight1, bias1, weight2, bias2, residual]) =>
            mlp(
              x!,
              { weight1: weight1!, bias1: bias1!, weight2: weight2!, bias2: bias2! },
              { activation: 'gelu', layout, residual: residual!, dropout: takeDropout(0.2, dropoutKey(1, 2)) },
            ),
          [
            { shape: [rows, k] },
            { shape: layout === 'out-in' ? [f, k] : [k, f] },
            { shape: [f] },
            { shape: layout === 'out-in' ? [n, f] : [f, n] },
            { shape: [n] },
            { shape: [rows, n] },
          ],
          { absolute: 1e-4, relative: 1e-4 },
        ));
    }
  }
});

describe('one token of each text', () => {
  it.each([5, 8])('of rows of %i', (columns) =>
    expectParity(([x]) => selectToken(x!, keep(tf.tensor1d([0, 3, 1], 'int32'))), [{ shape: [3, 4, columns] }]),
  );
});

describe('last axes exchanged', () => {
  it.each([1, 5, 67])('of %i rows', (rows) => expectParity(([x]) => transposeLast(x!), [{ shape: [3, rows, 2] }]));
});

describe('losses of label vectors', () => {
  const KINDS: LabelVectorLoss[] = ['binary-cross-entropy', 'squared-error'];
  it.each(KINDS.flatMap((kind) => [1, 3, 130].map((columns) => [kind, columns] as const)))(
    '%s of %i',
    (kind, columns) => {
      const targets = values(2 * columns, 9).map((value) => (value > 0 ? 1 : 0));
      return expectParity(
        ([x]) =>
          labelVectorLoss(kind, tf.mul(x!, 8), keep(tf.tensor2d(targets, [2, columns])), keep(tf.tensor1d([0.25]))),
        [{ shape: [2, columns] }],
      );
    },
  );
});

describe('dropout', () => {
  it('drops the same elements forward, backward and on the CPU', () =>
    expectParity(([x]) => dropout(x!, 0.3, dropoutKey(42, 5)), [{ shape: [7, 19] }]));
  it('keeps about 1 - p and depends on seed, step and site', async () => {
    await tf.setBackend('atelier');
    const kept = async (key: DropoutKey, site: number): Promise<Float32Array> => {
      for (let i = 0; i < site; i++) key.takeSite();
      return ((await dropout(tf.ones([20_000]), 0.3, key).data()) as Float32Array).map((value) => (value > 0 ? 1 : 0));
    };
    const first = await kept(dropoutKey(1, 1), 0);
    expect(first.reduce((sum, value) => sum + value, 0) / 20_000).toBeCloseTo(0.7, 1);
    for (const other of [
      await kept(dropoutKey(2, 1), 0),
      await kept(dropoutKey(1, 2), 0),
      await kept(dropoutKey(1, 1), 1),
    ]) {
      const agreeing = other.filter((value, i) => value === first[i]).length / 20_000;
      expect(agreeing).toBeGreaterThan(0.55);
      expect(agreeing).toBeLessThan(0.61);
    }
  });
});

describe('embedding', () => {
  const tokens = (ids: Int32Array, paddingId: number | null = null) => ({
    ids: keep(tf.tensor2d(ids, [3, 7], 'int32')),
    groups: keep(tf.tensor1d(groupTokens(ids, paddingId), 'int32')),
    paddingId,
  });
  const ids = Int32Array.from({ length: 21 }, (_, i) => (i * 7) % 5);
  it.each([6, 8])('rows of %i and their gradient', (columns) =>
    expectParity(([w]) => embedding([{ weight: w!, tokens: tokens(ids) }]), [{ shape: [11, columns] }]),
  );
  it.each([6, 8])('scaled rows of %i, one of which takes no gradient', async (columns) => {
    const build: Build = ([w]) => embedding([{ weight: w!, tokens: tokens(ids, 3) }], 1.7);
    await expectParity(build, [{ shape: [11, columns] }]);
    const [, gradient] = await runOn('atelier', build, [{ shape: [11, columns] }]);
    const rowIsZero = (row: number) => gradient!.subarray(row * columns, (row + 1) * columns).every((v) => v === 0);
    expect([2, 3, 4].map(rowIsZero)).toEqual([false, true, false]);
  });
  it.each([5, 16])('three tables added up, rows of %i', (columns) =>
    expectParity(
      (weights) =>
        embedding(weights.map((weight, i) => ({ weight, tokens: tokens(ids.map((id) => Math.max(0, id - i))) }))),
      [{ shape: [11, columns] }, { shape: [7, columns] }, { shape: [5, columns] }],
    ),
  );
});

describe('losses', () => {
  const labels = () => tf.tensor1d(Int32Array.of(0, 2, -100, 1, 4), 'int32');
  for (const smoothing of [0, 0.1]) {
    it(`cross-entropy, smoothing ${smoothing}`, () =>
      expectParity(
        ([x]) => crossEntropy(x!, labels(), tf.tensor1d([0.25]), smoothing),
        [{ shape: [5, 5], data: values(25).map((v) => v * 20) }],
      ));
    it(`cross-entropy of 128 classes, smoothing ${smoothing}`, () =>
      expectParity(
        ([x]) => crossEntropy(x!, labels(), tf.tensor1d([0.25]), smoothing),
        [{ shape: [5, 128], data: values(640).map((v) => v * 20) }],
      ));
  }
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
