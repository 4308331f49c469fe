// What a first visit loads before any training code.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** @param folder of the built studio. @returns bytes of the scripts that the page names itself, compressed with gzip */
export async function firstLoadBytes(folder: string): Promise<number> {
  const html = await readFile(join(folder, 'index.html'), 'utf8');
  const scripts = [...html.matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.js)"/g)].map(([, path]) => path!);
  if (scripts.length === 0) throw new Error(`${folder}/index.html names no scripts`);
  const sizes = await Promise.all(scripts.map(async (path) => gzipSync(await readFile(join(folder, path))).length));
  return sizes.reduce((sum, size) => sum + size, 0);
}
