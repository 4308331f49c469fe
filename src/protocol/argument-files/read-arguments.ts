// Training arguments out of any text that people have them in: JSON, YAML, Python source, a command line. The form is
// told from the text. Called by the setup page.

import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import type { ArgumentFormat } from './argument-format.ts';
import { readCommandLineArguments } from './command-line-arguments.ts';
import { readPythonArguments } from './python-arguments.ts';
import { readYamlArguments } from './yaml-arguments.ts';

export interface ReadArguments {
  readonly format: ArgumentFormat;
  /** As they were written; names and values are not checked yet. */
  readonly values: Record<string, unknown>;
}

const MAX_CHARACTERS = 1_000_000;

/** @throws StudioError E-ARGS with the line, or the argument, that can not be read. */
export async function readArguments(given: string): Promise<ReadArguments> {
  const text = given.replace(/^\uFEFF/, '');
  if (text.length > MAX_CHARACTERS)
    throw new StudioError('E-ARGS', msg`The text has ${text.length} characters: too many for training arguments.`, {
      hint: msg`Take the call of TrainingArguments alone, or its values.`,
    });
  const format = formatOf(text);
  switch (format) {
    case 'json':
      return { format, values: readJsonArguments(text) };
    case 'yaml':
      return { format, values: await readYamlArguments(text) };
    case 'python':
      return { format, values: readPythonArguments(text) };
    case 'command-line':
      return { format, values: readCommandLineArguments(text) };
    case null:
      throw new StudioError('E-ARGS', msg`These are no training arguments in a form that can be read.`, {
        hint: msg`Paste JSON, YAML, Python with TrainingArguments(…), or a command line with --options.`,
      });
    default:
      return format satisfies never;
  }
}

function formatOf(text: string): ArgumentFormat | null {
  // Three quotes begin the docstring of a script.
  if (/^\s*(?:\[|"(?!"")|null\s*$)/.test(text)) return 'json';
  if (/^\s*\{/.test(text)) return looksLikePythonDict(text) ? 'python' : 'json';
  if (/TrainingArguments\s*\(/.test(text)) return 'python';
  if (/^\s*["']?[A-Za-z_]\w*["']?\s*:(?:\s|$)/m.test(text)) return 'yaml';
  if (/(?:^|\s)--[A-Za-z]/.test(text)) return 'command-line';
  return /^\s*(?:#[^\n]*\n\s*)*[A-Za-z_]\w*\s*=/.test(text) ? 'python' : null;
}

/** A dict with single quotes, Python's constants, comments or a comma at its end. */
function looksLikePythonDict(text: string): boolean {
  const outside = text.replace(/"(?:[^"\\\n]|\\.)*"/g, '""');
  return /'|#|\b(?:True|False|None)\b|,\s*[}\]]/.test(outside);
}

function readJsonArguments(text: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new StudioError('E-ARGS', msg`This is not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, {
      hint: msg`Correct the place that is named.`,
      cause,
    });
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
  throw new StudioError('E-ARGS', msg`This is JSON, but not an object such as {"learning_rate": 5e-5}.`);
}
