// Checks one value against its row of the table. Called by `training-arguments.ts`.

import { msg } from '#util/msg.ts';
import type { ArgumentIssue, ArgumentSpec } from './argument-spec.ts';

const EXPECTED: Record<ArgumentSpec['type'], string> = {
  int: msg`a whole number`,
  float: msg`a number`,
  bool: msg`true or false`,
  string: 'text',
  enum: msg`one of the listed words`,
  stringList: msg`a list of words`,
  json: msg`a JSON value`,
};

/** What a value looks like in a message: short, and quoted when it is text. */
export function show(value: unknown): string {
  if (typeof value === 'number') return String(value);
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** Null when the value is fine. */
export function checkValue(spec: ArgumentSpec, value: unknown): ArgumentIssue | null {
  if (value === null)
    return spec.nullable || spec.type === 'json'
      ? null
      : wrongType(spec, value, msg`Leave the field out to get its default.`);
  switch (spec.type) {
    case 'int':
    case 'float':
      return checkNumber(spec, value);
    case 'bool':
      return typeof value === 'boolean' ? null : wrongType(spec, value, boolHint(value));
    case 'string':
      return typeof value === 'string' ? null : wrongType(spec, value);
    case 'enum':
      return checkEnum(spec, value);
    case 'stringList':
      return Array.isArray(value) && value.every((item) => typeof item === 'string')
        ? null
        : wrongType(spec, value, msg`Write it as ["first", "second"].`);
    case 'json':
      return null;
    default:
      return spec.type satisfies never;
  }
}

function checkNumber(spec: ArgumentSpec, value: unknown): ArgumentIssue | null {
  if (typeof value !== 'number') return wrongType(spec, value, numberHint(value));
  if (!Number.isFinite(value)) return error(spec, msg`${spec.name} is ${value}, which is not a finite number.`);
  if (spec.type === 'int' && !Number.isSafeInteger(value)) return wrongType(spec, value);
  // Ranges describe what works here; a field that does nothing here is kept as it came.
  const low = spec.min !== undefined && (spec.minExclusive ? value <= spec.min : value < spec.min);
  const high = spec.max !== undefined && (spec.maxExclusive ? value >= spec.max : value > spec.max);
  return low || high ? error(spec, msg`${spec.name} is ${value}, but must be ${describeRange(spec)}.`) : null;
}

/** "at least 1", "at least 0 and below 1". */
function describeRange(spec: ArgumentSpec): string {
  const low = spec.min === undefined ? null : `${spec.minExclusive ? 'above' : msg`at least`} ${spec.min}`;
  const high = spec.max === undefined ? null : `${spec.maxExclusive ? 'below' : msg`at most`} ${spec.max}`;
  return [low, high].filter((part) => part !== null).join(' and ');
}

function checkEnum(spec: ArgumentSpec, value: unknown): ArgumentIssue | null {
  const choices = spec.choices ?? [];
  if (typeof value === 'string' && choices.includes(value)) return null;
  const hint = msg`Use one of: ${choices.join(', ')}.`;
  if (typeof value === 'string' && spec.unavailable?.includes(value)) {
    const why = spec.unavailableReason ? `: ${spec.unavailableReason}` : ' yet';
    return error(
      spec,
      msg`${spec.name} "${value}" exists in HuggingFace's Trainer but is not available here${why}.`,
      hint,
    );
  }
  return error(spec, msg`${spec.name} is ${show(value)}, which is not a known choice.`, hint);
}

function numberHint(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.trim() === '' || !Number.isFinite(Number(value))) return undefined;
  return msg`Write ${Number(value)} without quotes.`;
}

function boolHint(value: unknown): string | undefined {
  if (typeof value !== 'string' || !/^(true|false)$/i.test(value)) return undefined;
  return msg`Write ${value.toLowerCase()} without quotes.`;
}

function wrongType(spec: ArgumentSpec, value: unknown, hint?: string): ArgumentIssue {
  return error(spec, msg`${spec.name} must be ${EXPECTED[spec.type]}, but is ${show(value)}.`, hint);
}

function error(spec: ArgumentSpec, message: string, hint?: string): ArgumentIssue {
  return { name: spec.name, level: 'error', message, ...(hint === undefined ? {} : { hint }) };
}
