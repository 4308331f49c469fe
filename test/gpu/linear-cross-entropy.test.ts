// The loss of a vocabulary head, all rows at once or some at a time: against its reference, and against the logits' own.

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { crossEntropy } from '#kernels/cross-entropy/cross-entropy.ts';
import { linear } from '#kernels/linear/linear.ts';
import { linearCrossEntropy } from '#kernels/linear-cross-entropy/linear-cross-entropy.ts';
import { startEngine } from '../setup/dawn.ts';
import { type Build, expectParity, half, type Input, runOn } from '../setup/kernel-parity.ts';
import { expectClose, values } from '../setup/tensors.ts';

beforeAll(startEngine);

interface Case {
  readonly rows: number;
  readonly vocabulary: number;
  readonly chunkRows?: number;
  readonly smoothing?: number;
  readonly cap?: number;
}

const WIDTH = 12;

const labelsOf = ({ rows, vocabulary }: Case) =>
  tf.tensor1d(
    Int32Array.from({ length: rows }, (_, i) => (i % 5 === 3 ? -100 : (i * 7) % vocabulary)),
    'int32',
  );

const fused =
  (given: Case): Build =>
  ([x, weight, bias]) =>
    linearCrossEntropy(
      x!,
      weight!,
      bias ?? null,
      { labels: labelsOf(given), scale: tf.tensor1d([0.1]) },
      optionsOf(given),
    );

const optionsOf = ({ vocabulary, chunkRows, smoothing = 0, cap = 0 }: Case) => ({
  smoothing,
  cap,
  ...(chunkRows ? { logitsBytes: 4 * vocabulary * chunkRows } : {}),
});

const inputsOf = ({ rows, vocabulary }: Case, hasBias: boolean): Input[] => [
  { shape: [rows, WIDTH], data: values(rows * WIDTH, 1).map((value) => 3 * value) },
  { shape: [vocabulary, WIDTH] },
  ...(hasBias ? [{ shape: [vocabulary] }] : []),
];

describe('cross-entropy of a linear map', () => {
  for (const given of [
    { rows: 1, vocabulary: 2 },
    { rows: 3, vocabulary: 7, chunkRows: 2 },
    { rows: 65, vocabulary: 40, chunkRows: 32, smoothing: 0.1, cap: 2 },
    { rows: 129, vocabulary: 33, chunkRows: 70, smoothing: 0.1, cap: 2 },
  ]) {
    it(JSON.stringify(given), () =>
      expectParity(fused(given), inputsOf(given, given.rows > 3), { absolute: 5e-5, relative: 5e-5 }),
    );
  }

  for (const [storage, step] of [
    ['f16', 2e-3],
    ['bf16', 2e-2],
  ] as const) {
    it(`of ${storage}, some rows at a time`, () => {
      const given = { rows: 65, vocabulary: 40, chunkRows: 16 };
      return expectParity(
        ([x, weight]) => half(storage, ([a, b]) => fused(given)([a!, b!]))([x!, weight!]),
        inputsOf(given, false),
        { absolute: step, relative: step },
      );
    });
  }

  it('at once has the bits of the logits and their loss, and some rows at a time their numbers', async () => {
    const given = { rows: 40, vocabulary: 64 };
    const plain: Build = ([x, weight, bias]) =>
      crossEntropy(linear(x!, weight!, bias!), labelsOf(given), tf.tensor1d([0.1]));
    const inputs = inputsOf(given, true);
    const expected = await runOn('atelier', plain, inputs);
    expect(await runOn('atelier', fused(given), inputs)).toEqual(expected);
    const chunked = await runOn('atelier', fused({ ...given, chunkRows: 8 }), inputs);
    for (const [i, reference] of expected.entries())
      expectClose(chunked[i]!, reference, { absolute: 1e-6, relative: 1e-5 });
    expect(await runOn('atelier', fused({ ...given, chunkRows: 8 }), inputs)).toEqual(chunked);
  });

  it('of logits far below zero, in rows that are no whole fours, is finite', async () => {
    const inputs = [{ shape: [2, 4] }, { shape: [5, 4] }, { shape: [5], data: new Float32Array(5).fill(-500) }];
    const [loss] = await runOn('atelier', fused({ rows: 2, vocabulary: 5 }), inputs);
    const [reference] = await runOn('cpu', fused({ rows: 2, vocabulary: 5 }), inputs);
    expectClose(loss!, reference!, { absolute: 1e-4, relative: 1e-4 });
  });
});
