// COMPATIBILITY.md against the argument table: every field stands where its support says, with the table's own reason.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ARGUMENT_SPECS } from '#protocol/argument-specs.ts';

const page = readFileSync(join(import.meta.dirname, '../COMPATIBILITY.md'), 'utf8');
const between = (from: string, to: string): string => page.slice(page.indexOf(from), to ? page.indexOf(to) : undefined);
const inEffect = between('### In effect', '| argument | limit |');
const withoutEffect = between('### Kept, without effect', '').split('\n');

describe('COMPATIBILITY.md', () => {
  it.each(ARGUMENT_SPECS.filter(({ support }) => support === 'supported').map(({ name, group }) => [name, group]))(
    '%s is in effect, under %s',
    (name, group) => {
      const row = inEffect.split('\n').find((line) => line.startsWith(`| ${group} |`));
      expect(row).toContain(`\`${name}\``);
    },
  );
  it.each(ARGUMENT_SPECS.filter(({ support }) => support === 'ignored').map(({ name, reason }) => [name, reason]))(
    '%s is kept without effect: %s',
    (name, reason) => {
      expect(withoutEffect.find((line) => line.includes(`\`${name}\``))).toContain(`| ${reason} |`);
    },
  );
  it('names no field that is not in the table', () => {
    const names = [...inEffect.matchAll(/`(\w+)`/g), ...withoutEffect.join('\n').matchAll(/`(\w+)`/g)].map(
      ([, name]) => name,
    );
    expect(names.length).toBe(ARGUMENT_SPECS.length);
  });
});
