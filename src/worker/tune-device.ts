// Chooses at the first use of a device how matrix products are cut there, and remembers it by adapter and browser. The
// choice changes no result, so a run may go on with another.

import type { Engine } from '#gpu/initialize.ts';
import { MATMUL_TILES, type MatmulTiles } from '#gpu/matmul-tiles.ts';
import { tuneMatmul } from '#kernels/matmul/tune-matmul.ts';

/** Where choices are kept. */
export interface TuningStore {
  /** Undefined: there is none yet. */
  load(key: string): Promise<MatmulTiles | undefined>;
  save(key: string, tiles: MatmulTiles): Promise<void>;
}

/**
 * Sets the tiles of the engine's device. Emulated GPUs have a cut of their own and are not measured.
 * @param tune measures. Default: `tuneMatmul`.
 */
export async function tuneDevice(
  { webgpu, info, software }: Engine,
  store: TuningStore,
  tune: typeof tuneMatmul = tuneMatmul,
): Promise<void> {
  if (!webgpu || !info || software) return;
  const key = tuningKey(info);
  const known = await store.load(key);
  webgpu.matmulTiles = known ?? (await tune(webgpu));
  if (!known) await store.save(key, webgpu.matmulTiles);
}

/** The adapter, the browser, and what there was to choose from. */
function tuningKey({ vendor, architecture, device, description }: GPUAdapterInfo): string {
  const choices = MATMUL_TILES.map(({ rows, columns, rowsOfThread }) => [rows, columns, rowsOfThread].join('x'));
  return JSON.stringify([vendor, architecture, device, description, navigator.userAgent, ...choices]);
}
