// Versions of the packages that take part, for the report.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const PACKAGES = ['@tensorflow/tfjs', '@jax-js/jax', 'webgpu'];

export const packageVersions = (): Record<string, string> =>
  Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)]));

function versionOf(name: string): string {
  const path = join(import.meta.dirname, '../../node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}
