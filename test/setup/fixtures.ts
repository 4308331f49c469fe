// Reads fixture folders as the app reads dropped files.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelFiles } from '#formats/model-files.ts';
import { readSafetensorsHeader, readTensorAsFloat32 } from '#formats/safetensors.ts';

export const fixtureFolder = (name: string): string => join(import.meta.dirname, '../fixtures/data', name);

/** The files of a folder, by base name. */
export function folderFiles(folder: string): ModelFiles {
  return new Map(readdirSync(folder).map((name) => [name, new Blob([readFileSync(join(folder, name))])]));
}

/** All tensors of a safetensors file, with integers as numbers. */
export async function readTensors(file: Blob): Promise<Map<string, { shape: readonly number[]; data: Float32Array }>> {
  const header = await readSafetensorsHeader(file, 'expected.safetensors');
  const entries = [...header.entries];
  return new Map(
    await Promise.all(
      entries.map(async ([name, { shape, dtype, begin, end }]) => {
        if (dtype !== 'I32') return [name, { shape, data: await readTensorAsFloat32(file, header, name) }] as const;
        const at = header.dataStart;
        return [
          name,
          { shape, data: Float32Array.from(new Int32Array(await file.slice(at + begin, at + end).arrayBuffer())) },
        ] as const;
      }),
    ),
  );
}
