// What is written comes back the same, in every form, for any arguments.

import { describe, expect, it } from 'vitest';
import { ARGUMENT_FORMATS, type ArgumentFormat } from '#protocol/argument-files/argument-format.ts';
import { readArguments } from '#protocol/argument-files/read-arguments.ts';
import { writeArguments } from '#protocol/argument-files/write-arguments.ts';
import type { ArgumentSpec } from '#protocol/argument-spec.ts';
import { ARGUMENT_SPECS } from '#protocol/argument-specs.ts';
import { isDefault } from '#protocol/training-arguments.ts';
import { Mt19937 } from '#util/mt19937.ts';

const TEXTS = [
  'runs/my model',
  "it's",
  'a "quoted" one',
  'no',
  'True',
  '5e-5',
  '-x',
  '--name',
  '$HOME',
  '#1',
  'a\\b',
  'two\nlines',
  'naïve ✓ 🙂',
  'key: value',
  '*',
  '{}',
  ' padded ',
  'null',
  'tab\there',
  '`x`',
  'a;b|c&d',
  '',
  "'''",
  '%s',
  '~/out',
];
const NUMBERS = [0, 1, -1, 8, 500, 0.1, 5e-5, 1e-8, 1.5, 3e20, 0.30000000000000004, 4294967295, 1e-7, 123456789.125];
const JSON_VALUES = [
  { num_cycles: 2 },
  { a: { b: [1, 2.5, null, true, "it's"] }, 'key with space': '5' },
  {},
  [],
  ['wandb', 'tensorboard'],
  'tensorboard',
  'all',
  true,
  false,
  7,
  1e-7,
  'a b',
];

class Random {
  readonly #generator: Mt19937;
  constructor(seed: number) {
    this.#generator = new Mt19937(seed);
  }
  below(n: number): number {
    return this.#generator.nextUint32() % n;
  }
  of<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }
}

function valueFor(spec: ArgumentSpec, random: Random): unknown {
  if (spec.nullable && random.below(5) === 0) return null;
  switch (spec.type) {
    case 'int':
      return Math.trunc(random.of(NUMBERS));
    case 'float':
      return random.of(NUMBERS);
    case 'bool':
      return random.below(2) === 0;
    case 'string':
      return random.of(TEXTS);
    case 'enum':
      return random.of([...(spec.choices ?? []), ...(spec.unavailable ?? [])]);
    case 'stringList':
      return Array.from({ length: random.below(3) }, () => random.of(TEXTS));
    case 'json':
      return random.of(JSON_VALUES);
    default:
      return spec.type satisfies never;
  }
}

/** Up to twenty arguments; tokens apart, which are never written. */
function argumentSet(seed: number): Record<string, unknown> {
  const random = new Random(seed);
  const specs = Array.from({ length: random.below(20) }, () => random.of(ARGUMENT_SPECS));
  const chosen = specs.filter(({ name }) => !name.endsWith('_token'));
  return Object.fromEntries(chosen.map((spec) => [spec.name, valueFor(spec, random)]));
}

/** What differs from the defaults. */
function changed(raw: Record<string, unknown>): Record<string, unknown> {
  const specs = ARGUMENT_SPECS.filter((spec) => Object.hasOwn(raw, spec.name) && !isDefault(spec, raw[spec.name]));
  return Object.fromEntries(specs.map(({ name }) => [name, raw[name]]));
}

async function throughText(raw: Record<string, unknown>, fields: 'changed' | 'all', format: ArgumentFormat) {
  const text = writeArguments(raw, fields, format);
  return { text, read: await readArguments(text) };
}

describe.each(ARGUMENT_FORMATS)('%s', (format) => {
  it('brings any arguments back', async () => {
    for (let seed = 0; seed < 400; seed++) {
      const raw = argumentSet(seed);
      const { text, read } = await throughText({ learning_rate: 1e-3, ...raw }, 'changed', format);
      expect(read.format, text).toBe(format);
      const left = [...text.matchAll(/^# Left out: (\w+):/gm)].map(([, name]) => name!);
      const expected = Object.entries(changed({ learning_rate: 1e-3, ...raw })).filter(
        ([name]) => !left.includes(name),
      );
      expect(read.values, text).toEqual(Object.fromEntries(expected));
      if (format !== 'command-line') expect(left).toEqual([]);
      const plain = text.replaceAll(/^# Left out.*\n/gm, '');
      expect(writeArguments(read.values, 'changed', format)).toBe(plain);
    }
  });

  it('writes all fields and reads them back', async () => {
    const raw = { learning_rate: 2e-5, eval_strategy: 'epoch', label_names: ['labels', 'x y'], run_name: null };
    const { read } = await throughText(raw, 'all', format);
    const defaults = Object.fromEntries(ARGUMENT_SPECS.map((spec) => [spec.name, spec.default]));
    const isThere = ([, value]: [string, unknown]): boolean =>
      format !== 'command-line' || !(value === null || value === '' || (Array.isArray(value) && value.length === 0));
    expect(read.values).toEqual(Object.fromEntries(Object.entries({ ...defaults, ...raw }).filter(isThere)));
  });
});

describe('what a program would stumble on', () => {
  const raw = { hub_token: 'hf_secret', my_field: [1], seed: 7 };

  it('is told in a comment and not written', () => {
    for (const format of ['python', 'command-line'] as const) {
      const text = writeArguments(raw, 'changed', format);
      expect(text).not.toContain('hf_secret');
      expect(text).toContain('# Left out: hub_token: access tokens are not written\n');
      expect(text).toContain('# Left out: my_field: not an argument of transformers\n');
      expect(text).toContain('seed');
    }
  });

  it('stays in files, without the token', async () => {
    for (const format of ['json', 'yaml'] as const) {
      const { read } = await throughText(raw, 'changed', format);
      expect(read.values).toEqual({ hub_token: '<HUB_TOKEN>', my_field: [1], seed: 7 });
    }
  });

  it('on a command line is what HfArgumentParser can not be told', () => {
    const text = writeArguments({ report_to: ['a', 'b'], label_names: [], debug: null }, 'changed', 'command-line');
    expect(text).toBe(
      'python train.py\n' +
        '# Left out: report_to: ["a", "b"] can not be said on a command line\n' +
        '# Left out: label_names: [] can not be said on a command line\n' +
        '# Left out: debug: null can not be said on a command line\n',
    );
  });
});
