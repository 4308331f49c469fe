// RESULTS.md: what was measured, newest first.

import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const PATH = join(import.meta.dirname, 'RESULTS.md');
const HEADER = `# Benchmark results

Written by \`npm run bench -- --write\`, newest first. How to read the tables: the comment that opens \`test/bench/main.ts\`.
`;

/** Puts a section, which opens with a heading of level two, in front of the earlier ones. */
export function withSection(file: string, section: string): string {
  const earlier = file.startsWith(HEADER) ? file.slice(HEADER.length) : '';
  return `${HEADER}\n${section}${earlier}`;
}

export async function prependResults(section: string): Promise<void> {
  const file = existsSync(PATH) ? await readFile(PATH, 'utf8') : HEADER;
  await writeFile(PATH, withSection(file, section));
}
