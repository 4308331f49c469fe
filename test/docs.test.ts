// What the pages for people promise: links that lead somewhere, commands and fields that exist.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RUN_CONFIG_FIELDS } from '#headless/run-config.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const PAGES = ['README.md', 'ARCHITECTURE.md', 'COMPATIBILITY.md'];

describe('pages', () => {
  it.each(PAGES)('links of %s lead to files that are there', (page) => {
    const links = [...read(page).matchAll(/\]\(([^)#]+)\)/g)].map(([, target]) => target!);
    expect(links.filter((target) => !/^https?:/.test(target) && !existsSync(join(root, target)))).toEqual([]);
  });

  it.each(PAGES)('commands of %s are scripts of the package', (page) => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const commands = [...read(page).matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name!);
    expect(commands.filter((name) => !(name in scripts))).toEqual([]);
  });

  it('README explains every field of run.json, and no other', () => {
    const section = read('README.md').split('## Without a browser')[1]!.split('\n## ')[0]!;
    const cells = [...section.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap(([, cell]) => cell!.split(', '));
    expect(cells.map((cell) => cell.replaceAll('`', '')).sort()).toEqual([...RUN_CONFIG_FIELDS].sort());
  });
});
