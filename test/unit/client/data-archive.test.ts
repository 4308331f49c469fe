import { zipSync } from 'fflate';
import { expect, it } from 'vitest';
import { isDataArchive } from '#client/data-archive.ts';

const zip = (...paths: string[]): Blob =>
  new Blob([zipSync(Object.fromEntries(paths.map((path) => [path, new Uint8Array(1)]))).slice()]);

it.each<[string, string, Blob, boolean]>([
  ['data', 'a.zip', zip('x/train.csv', 'x/README.md'), true],
  ['a model', 'a.zip', zip('m/config.json', 'm/model.safetensors', 'm/train.csv'), false],
  ['neither', 'a.zip', zip('a.png'), false],
  ['nothing that can be read', 'a.zip', new Blob(['PK\u0003\u0004 no zip']), false],
  ['no zip', 'a.csv', new Blob(['a,b']), false],
])('an archive with %s', async (_, path, file, isData) => expect(await isDataArchive({ path, file })).toBe(isData));
