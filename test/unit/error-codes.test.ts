// Every code of an error is met by a test that provokes it.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

it('each code is expected somewhere', () => {
  const source = readFileSync(join(ROOT, '../src/util/studio-error.ts'), 'utf8');
  const [, union] = /type ErrorCode =([^;]+);/.exec(source)!;
  const codes = union!.match(/E-[A-Z-]+/g)!;
  expect(codes.length).toBeGreaterThan(15);
  const tests = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts'))
    .map((path) => readFileSync(join(ROOT, path), 'utf8'))
    .join('\n');
  // Not where a test makes the error itself.
  const isExpected = (code: string): boolean => new RegExp(`(?<!StudioError\\()'${code}'|/.*${code}\\b.*/`).test(tests);
  expect(codes.filter((code) => !isExpected(code))).toEqual([]);
});
