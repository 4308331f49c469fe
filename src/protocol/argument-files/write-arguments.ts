// Training arguments as text, in every form that `read-arguments.ts` reads: what was imported comes out the same.
// Called by the setup page, to copy or download.

import { formatNumber } from '#util/hf-json.ts';
import { msg } from '#util/msg.ts';
import type { ArgumentSpec } from '../argument-spec.ts';
import { ARGUMENT_SPECS, findArgumentSpec } from '../argument-specs.ts';
import { isDefault, toHfJson } from '../training-arguments.ts';
import type { ArgumentFormat } from './argument-format.ts';
import { quoteForShell } from './shell-words.ts';

type Fields = 'changed' | 'all' | 'given';
type Raw = Readonly<Record<string, unknown>>;

/**
 * @param raw given arguments under HF's present names. @param fields only what differs from HF's defaults, or all.
 * Access tokens are never written.
 */
export function writeArguments(raw: Raw, fields: Exclude<Fields, 'given'>, format: ArgumentFormat): string {
  switch (format) {
    case 'json':
      return `${toHfJson(raw, fields)}\n`;
    case 'yaml':
      return toYaml(raw, fields);
    case 'python':
      return toPython(raw, fields);
    case 'command-line':
      return toCommandLine(raw, fields);
    default:
      return format satisfies never;
  }
}

interface Selection {
  readonly known: readonly (readonly [ArgumentSpec, unknown])[];
  /** Names that transformers does not have, and tokens: told in a comment where a program would stumble on them. */
  readonly leftOut: readonly string[];
}

function select(raw: Raw, fields: Fields): Selection {
  const all = ARGUMENT_SPECS.map(
    (spec) => [spec, Object.hasOwn(raw, spec.name) ? raw[spec.name] : spec.default] as const,
  );
  const wanted = all.filter(([spec, value]) => {
    if (fields === 'given') return Object.hasOwn(raw, spec.name);
    return fields === 'all' || !isDefault(spec, value);
  });
  const isSecret = ([{ name }, value]: readonly [ArgumentSpec, unknown]): boolean =>
    name.endsWith('_token') && value !== null;
  return {
    known: wanted.filter((entry) => !isSecret(entry)),
    leftOut: [
      ...wanted.filter(isSecret).map(([{ name }]) => msg`${name}: access tokens are not written`),
      ...Object.keys(raw)
        .filter((name) => !findArgumentSpec(name))
        .map((name) => msg`${name}: not an argument of transformers`),
    ],
  };
}

const comments = (leftOut: readonly string[]): string[] =>
  leftOut.map((reason) => `# Left out: ${reason.replaceAll(/\s/g, ' ')}`);

/** One name a line. Values are written as JSON, which is YAML too; numbers so that YAML 1.1 reads them as numbers. */
function toYaml(raw: Raw, fields: Exclude<Fields, 'given'>): string {
  const entries = Object.entries(JSON.parse(toHfJson(raw, fields)) as Raw);
  const key = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name));
  const lines = entries.map(([name, value]) => `${key(name)}: ${format(value, YAML)}`);
  return lines.length > 0 ? `${lines.join('\n')}\n` : '{}\n';
}

interface Language {
  readonly none: string;
  readonly true: string;
  readonly false: string;
  number(value: number): string;
}

const YAML: Language = {
  none: 'null',
  true: 'true',
  false: 'false',
  // Without a point, 5e-05 is text to PyYAML.
  number: (value) => formatNumber(value).replace(/^(-?\d+)e/, '$1.0e'),
};
const PYTHON: Language = { none: 'None', true: 'True', false: 'False', number: formatNumber };

/** A plain value as Python source. */
export const pythonValue = (value: unknown): string => format(value, PYTHON);

function format(value: unknown, language: Language): string {
  if (value === null || value === undefined) return language.none;
  if (typeof value === 'boolean') return value ? language.true : language.false;
  if (typeof value === 'number') return language.number(value);
  if (Array.isArray(value)) return `[${value.map((item) => format(item, language)).join(', ')}]`;
  if (typeof value !== 'object') return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${format(item, language)}`);
  return `{${entries.join(', ')}}`;
}

/** `name=value` for each, and comments on what is left out. `given`: what was given, defaults of HF's too. */
export function pythonKeywords(raw: Raw, fields: Fields): { keywords: string[]; leftOut: string[] } {
  const { known, leftOut } = select(raw, fields);
  return {
    keywords: known.map(([{ name }, value]) => `${name}=${pythonValue(value)},`),
    leftOut: comments(leftOut),
  };
}

function toPython(raw: Raw, fields: Fields): string {
  const { keywords, leftOut } = pythonKeywords(raw, fields);
  return [
    'from transformers import TrainingArguments',
    '',
    ...leftOut,
    'args = TrainingArguments(',
    ...keywords.map((keyword) => `    ${keyword}`),
    ')',
    '',
  ].join('\n');
}

function toCommandLine(raw: Raw, fields: Fields): string {
  const { known, leftOut } = select(raw, fields);
  const missing = [...leftOut];
  const options = known.flatMap(([spec, value]) => {
    const option = toOption(spec, value);
    if (option === null && !isDefault(spec, value))
      missing.push(msg`${spec.name}: ${format(value, YAML)} can not be said on a command line`);
    return option === null ? [] : [option];
  });
  return `${['python train.py', ...options].join(' \\\n  ')}\n${comments(missing)
    .map((line) => `${line}\n`)
    .join('')}`;
}

/** Null for what HfArgumentParser has no way to be told. */
function toOption({ name, type, nullable }: ArgumentSpec, value: unknown): string | null {
  // A switch that may also be unset needs its value.
  if (value === true) return `--${name}${type === 'bool' && !nullable ? '' : ' True'}`;
  if (value === false) return `--${name} False`;
  if (typeof value === 'number') return `--${name} ${formatNumber(value)}`;
  if (typeof value === 'string') return type === 'json' && !isPlainWord(value) ? null : textOption(name, value);
  if (Array.isArray(value)) {
    const sayable = type === 'stringList' && value.length > 0 && value.every((item) => /^[^-]/.test(String(item)));
    return sayable ? `--${name} ${value.map((item) => quoteForShell(String(item))).join(' ')}` : null;
  }
  return typeof value === 'object' && value !== null ? `--${name} ${quoteForShell(JSON.stringify(value))}` : null;
}

/** A text in a field that may also hold other things must not look like one of them. */
const isPlainWord = (text: string): boolean => text !== '' && !/^(?:[-+.\d[{]|(?:true|false)$)/i.test(text);

function textOption(name: string, text: string): string {
  const joined = text.startsWith('-') ? '=' : ' ';
  return `--${name}${joined}${quoteForShell(text)}`;
}
