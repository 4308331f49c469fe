// What the argument form does, without drawing: defaults and changes, search, texts of numbers, import.

import type { ArgumentFormat } from '#protocol/argument-files/argument-format.ts';
import { readArguments } from '#protocol/argument-files/read-arguments.ts';
import type { ArgumentIssue, ArgumentSpec } from '#protocol/argument-spec.ts';
import { ARGUMENT_SPECS } from '#protocol/argument-specs.ts';
import { renameLegacyArguments } from '#protocol/legacy-arguments.ts';
import { msg } from '#util/msg.ts';
import { toStudioError } from '../../hooks/to-studio-error.ts';
import { t, translate } from '../../language/translate.ts';
import { studioDefaults } from './studio-defaults.ts';

/** Arguments as they are being edited: what was changed over the defaults of the studio, or of HF after an import. */
export interface ArgumentDraft {
  readonly base: 'studio' | 'hf';
  readonly changes: Readonly<Record<string, unknown>>;
}

function baseDefaults(base: ArgumentDraft['base'], sample: boolean): Readonly<Record<string, unknown>> {
  return base === 'studio' ? studioDefaults(sample) : {};
}

/** What the run is given: HF's snake_case, fields that say nothing left out. */
export function effectiveArguments(draft: ArgumentDraft, sample: boolean): Record<string, unknown> {
  return { ...baseDefaults(draft.base, sample), ...draft.changes };
}

/** A change back to the default is no change. */
export function changeArgument(
  draft: ArgumentDraft,
  spec: ArgumentSpec,
  value: unknown,
  sample: boolean,
): ArgumentDraft {
  const { [spec.name]: _, ...others } = draft.changes;
  const base = defaultOf(spec, draft.base, sample);
  if (JSON.stringify(value) === JSON.stringify(base)) return { ...draft, changes: others };
  return { ...draft, changes: { ...others, [spec.name]: value } };
}

export function defaultOf(spec: ArgumentSpec, base: ArgumentDraft['base'], sample: boolean): unknown {
  const defaults = baseDefaults(base, sample);
  return Object.hasOwn(defaults, spec.name) ? defaults[spec.name] : spec.default;
}

export interface ArgumentFilter {
  readonly query: string;
  readonly level: 'basic' | 'all';
  readonly changedOnly: boolean;
}

/** Rows to show. A search looks through all of them, whatever the level. */
export function filterSpecs(
  filter: ArgumentFilter,
  changes: Readonly<Record<string, unknown>>,
): readonly ArgumentSpec[] {
  const words = filter.query.toLowerCase().split(/\s+/).filter(Boolean);
  return ARGUMENT_SPECS.filter((spec) => {
    if (filter.changedOnly && !Object.hasOwn(changes, spec.name)) return false;
    if (words.length > 0) return matches(spec, words);
    return filter.changedOnly || filter.level === 'all' || spec.level === 'basic' || Object.hasOwn(changes, spec.name);
  });
}

/** Every word has to occur somewhere: in the name, with or without underscores, the help, the other names. */
function matches(spec: ArgumentSpec, words: readonly string[]): boolean {
  const text = [
    spec.name,
    spec.name.replaceAll('_', ' '),
    spec.help,
    translate(spec.help),
    spec.group,
    labelOf(spec),
    ...spec.aliases,
  ]
    .join(' ')
    .toLowerCase();
  return words.every((word) => text.includes(word));
}

/** `per_device_train_batch_size` → `Per device train batch size`. */
export function labelOf(spec: ArgumentSpec): string {
  const words = spec.name
    .replaceAll('_', ' ')
    .replace(/\b(lr|fp16|bf16|tf32|ddp|fsdp)\b/g, (word) => word.toUpperCase());
  return translate(words.charAt(0).toUpperCase() + words.slice(1));
}

/** Text of a number field → its value; what is no number stays text, so that validation can quote it. */
export function readNumber(text: string, nullable: boolean): unknown {
  const trimmed = text.trim();
  if (trimmed === '') return nullable ? null : '';
  const value = Number(trimmed);
  return Number.isNaN(value) ? text : value;
}

/** The inverse: 0.00005 → 5e-5. */
export function writeNumber(value: unknown): string {
  if (typeof value !== 'number') return typeof value === 'string' ? value : '';
  return value !== 0 && Math.abs(value) < 1e-3 ? value.toExponential() : String(value);
}

/** A default or value in a few characters. */
export function writeValue(value: unknown): string {
  if (value === null || value === undefined) return t`not set`;
  if (typeof value === 'number') return writeNumber(value);
  if (typeof value === 'string') return value === '' ? 'empty' : value;
  return JSON.stringify(value);
}

export type ImportResult =
  | {
      readonly ok: true;
      readonly format: ArgumentFormat;
      readonly draft: ArgumentDraft;
      /** An access token among them, which the draft must not hold: it is stored. */
      readonly hubToken: string | null;
      readonly notes: readonly ArgumentIssue[];
    }
  | { readonly ok: false; readonly message: string };

/** Reads arguments in any form. From then on absent fields mean HF's defaults, as they do in Python. */
export async function importArguments(text: string): Promise<ImportResult> {
  try {
    const { format, values } = await readArguments(text);
    const { raw, notes } = renameLegacyArguments(values);
    const { hub_token: token, ...changes } = raw;
    const hubToken = typeof token === 'string' && token.startsWith('hf_') ? token : null;
    return { ok: true, format, draft: { base: 'hf', changes }, hubToken, notes };
  } catch (thrown) {
    const { message, where, hint } = toStudioError(thrown);
    return {
      ok: false,
      message: [translate(message), where && `(${translate(where)})`, hint && translate(hint)]
        .filter(Boolean)
        .join(' '),
    };
  }
}

export interface ArgumentChange {
  readonly name: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Arguments whose values differ, absent ones taken as HF's defaults. */
export function argumentDiff(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): readonly ArgumentChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const read = (given: Readonly<Record<string, unknown>>, name: string): unknown =>
    Object.hasOwn(given, name) ? given[name] : ARGUMENT_SPECS.find((spec) => spec.name === name)?.default;
  return names
    .map((name) => ({ name, before: read(before, name), after: read(after, name) }))
    .filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after));
}

/** What each form is called, and how a file of it is named. */
export const FORMATS: Readonly<
  Record<ArgumentFormat, { readonly label: string; readonly file: string; readonly type: string }>
> = {
  json: { label: 'JSON', file: 'training_args.json', type: 'application/json' },
  yaml: { label: 'YAML', file: 'training_args.yaml', type: 'application/yaml' },
  python: { label: 'Python', file: 'training_args.py', type: 'text/x-python' },
  'command-line': { label: msg`Command line`, file: 'train.sh', type: 'application/x-sh' },
};
