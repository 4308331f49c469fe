// Finds the tiles that this device multiplies matrices fastest with, for a result that is small and one that is large.

import type { TensorInfo } from '@tensorflow/tfjs';
import { MATMUL_TILES, type MatmulTile, type MatmulTiles } from '#gpu/matmul-tiles.ts';
import { timeCommands } from '#gpu/time-commands.ts';
import type { AtelierBackend } from '#gpu/webgpu-backend.ts';
import { matmul } from './matmul.ts';

/** M, N and K of a layer of a small model and of a large one, at a common batch. */
const SMALL = [512, 384, 384] as const;
const LARGE = [1024, 1024, 768] as const;
/** Browsers round times to a tenth of a millisecond: so many products are timed at once that they take this long. */
const ENOUGH_MS = 5;
const MOST_REPEATS = 32;
const ROUNDS = 2;

/**
 * Takes some tenths of a second on a GPU, most of them for shaders to compile.
 * @param time milliseconds that commands take. Default: measured.
 */
export async function tuneMatmul(backend: AtelierBackend, time = timeCommands): Promise<MatmulTiles> {
  const before = backend.matmulTiles;
  try {
    return { small: await fastest(backend, SMALL, time), large: await fastest(backend, LARGE, time) };
  } finally {
    backend.matmulTiles = before;
  }
}

async function fastest(
  backend: AtelierBackend,
  [m, n, k]: readonly [number, number, number],
  time: typeof timeCommands,
): Promise<MatmulTile> {
  const [a, b, c] = [m * k, k * n, m * n].map((size) => backend.makeOutput([size], 'f32')) as Matrices;
  const multiply = (times: number): void => {
    for (let i = 0; i < times; i++)
      matmul(backend, {
        a: { tensor: a, rowStride: k },
        b: { tensor: b, rowStride: n },
        c: { tensor: c, rowStride: n },
        m,
        n,
        k,
      });
  };
  for (const tensor of [a, b]) backend.clear(tensor);
  let repeats = 0;
  let best = { tile: MATMUL_TILES[0]!, ms: Number.POSITIVE_INFINITY };
  for (const tile of MATMUL_TILES) {
    backend.matmulTiles = { small: tile, large: tile };
    // Compiles.
    await time(backend, () => multiply(1));
    repeats ||= await repeatsFor((count) => time(backend, () => multiply(count)));
    for (let round = 0; round < ROUNDS; round++) {
      const ms = await time(backend, () => multiply(repeats));
      if (ms < best.ms) best = { tile, ms };
    }
  }
  for (const { dataId } of [a, b, c]) backend.disposeData(dataId);
  return best.tile;
}

async function repeatsFor(time: (count: number) => Promise<number>): Promise<number> {
  let count = 1;
  while (count < MOST_REPEATS && (await time(count)) < ENOUGH_MS) count *= 2;
  return count;
}

type Matrices = [TensorInfo, TensorInfo, TensorInfo];
