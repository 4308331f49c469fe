// What was found to be fastest on a device, in the user's folder for caches.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { MatmulTiles } from '#gpu/matmul-tiles.ts';
import type { TuningStore } from '#worker/tune-device.ts';

/** @param file default: `atelier/tuning.json` in XDG_CACHE_HOME, or in ~/.cache. */
export function folderTuningStore(
  file = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'atelier', 'tuning.json'),
): TuningStore {
  return {
    load: async (key) => (await readAll(file))[key],
    save: async (key, tiles) => {
      const all = await readAll(file);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, `${JSON.stringify({ ...all, [key]: tiles }, null, 2)}\n`);
    },
  };
}

/** Nothing where there is no file, or one that is damaged: it is only a cache. */
async function readAll(file: string): Promise<Record<string, MatmulTiles>> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Record<string, MatmulTiles>;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}
