// Products in all tiles that there are: the same bits, whatever the layout. And how a tile is chosen.

import * as tf from '@tensorflow/tfjs';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { DEFAULT_TILES, MATMUL_TILES, type MatmulTile } from '#gpu/matmul-tiles.ts';
import { readTensor } from '#gpu/read-back.ts';
import type { AtelierBackend } from '#gpu/webgpu-backend.ts';
import { matmul } from '#kernels/matmul/matmul.ts';
import { tuneMatmul } from '#kernels/matmul/tune-matmul.ts';
import { startEngine } from '../setup/dawn.ts';
import { expectClose, values } from '../setup/tensors.ts';

let backend: AtelierBackend;

beforeAll(async () => {
  backend = (await startEngine()).webgpu!;
});
afterEach(() => {
  backend.matmulTiles = DEFAULT_TILES;
});

// No fours: emulated GPUs take tiles for them too.
const [M, N, K] = [131, 66, 37];

/** C, and the sums of the rows of A or the columns of B beside it. */
async function multiply(tile: MatmulTile, transposeA: boolean, transposeB: boolean): Promise<unknown[]> {
  backend.matmulTiles = { small: tile, large: tile };
  const [a, b] = [tf.tensor(values(M * K, 1)), tf.tensor(values(K * N, 2))];
  const of = transposeB ? 'a' : 'b';
  const [c, sums] = [backend.makeOutput([M, N], 'f32'), backend.makeOutput([of === 'a' ? M : N], 'f32')];
  matmul(backend, {
    a: { tensor: a, rowStride: transposeA ? M : K, transpose: transposeA },
    b: { tensor: b, rowStride: transposeB ? K : N, transpose: transposeB },
    c: { tensor: c, rowStride: N },
    m: M,
    n: N,
    k: K,
    sums: { of, tensor: sums },
  });
  const results = [c, sums].map((info) => tf.engine().makeTensorFromTensorInfo(info));
  const read = await Promise.all(results.map(readTensor));
  tf.dispose([a, b, ...results]);
  return read;
}

it.each([
  [true, false, MATMUL_TILES],
  [false, true, MATMUL_TILES.filter(({ rowsOfThread }) => rowsOfThread > 4)],
] as const)(
  'products of A (transposed: %s) and B (transposed: %s) have the same bits in all tiles',
  async (a, b, tiles) => {
    const expected = await multiply(MATMUL_TILES[0]!, a, b);
    const x = tf.tensor2d(values(M * K, 1), a ? [K, M] : [M, K]);
    const y = tf.tensor2d(values(K * N, 2), b ? [N, K] : [K, N]);
    await tf.setBackend('cpu');
    const reference = tf.tidy(() => tf.matMul(x.clone(), y.clone(), a, b));
    expectClose(expected[0] as Float32Array, await reference.data<'float32'>(), { absolute: 1e-5, relative: 1e-5 });
    await tf.setBackend('atelier');
    for (const tile of tiles) expect(await multiply(tile, a, b)).toEqual(expected);
  },
);

it('the fastest tile is chosen, for small results and for large ones', async () => {
  const live = tf.memory().numTensors;
  const asked: MatmulTile[] = [];
  let large = false;
  const time = async ({ matmulTiles }: AtelierBackend) => {
    const tile = matmulTiles.small;
    // Small results come first; with the large ones the first tile comes back.
    large ||= tile === MATMUL_TILES[0] && asked.at(-1) === MATMUL_TILES.at(-1);
    asked.push(tile);
    return MATMUL_TILES.indexOf(tile) === (large ? 1 : 3) ? 6 : 7;
  };
  expect(await tuneMatmul(backend, time)).toEqual({ small: MATMUL_TILES[3], large: MATMUL_TILES[1] });
  expect(new Set(asked).size).toBe(MATMUL_TILES.length);
  expect(backend.matmulTiles).toBe(DEFAULT_TILES);
  expect(tf.memory().numTensors).toBe(live);
});
