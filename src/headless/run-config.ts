// run.json: what to train, on what, with which arguments. Paths are relative to the file.

import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { ColumnRoles, ProblemType } from '#protocol/messages.ts';
import { parseTrainingArguments, type TrainingArguments } from '#protocol/training-arguments.ts';
import { StudioError } from '#util/studio-error.ts';

export interface RunConfig {
  /** Absolute folder of the model. */
  readonly model: string;
  readonly trainFile: string;
  readonly validationFile: string | null;
  readonly roles: ColumnRoles;
  /** Null: as long as the model reads. */
  readonly maxLength: number | null;
  readonly problemType: ProblemType | undefined;
  /** Share of rows held out without a validation file. Default 0. */
  readonly validationFraction: number;
  readonly splitSeed: number;
  readonly args: TrainingArguments;
  readonly rawArguments: Readonly<Record<string, unknown>>;
  readonly notes: readonly string[];
}

const KNOWN = new Set([
  'model',
  'task',
  'train_file',
  'validation_file',
  'text_column',
  'text_pair_column',
  'label_column',
  'max_length',
  'problem_type',
  'validation_fraction',
  'split_seed',
  'training_arguments',
]);
const PROBLEM_TYPES = ['single_label_classification', 'multi_label_classification', 'regression'];

/** @throws StudioError E-ARGS naming the field that is missing or wrong. */
export async function readRunConfig(path: string): Promise<RunConfig> {
  const json = await readJson(path);
  const unknown = Object.keys(json).filter((name) => !KNOWN.has(name));
  if (unknown.length > 0) throw wrong(path, unknown[0]!, `is not known. Known are: ${[...KNOWN].join(', ')}.`);
  if (json['task'] !== undefined && json['task'] !== 'text-classification')
    throw wrong(path, 'task', 'must be "text-classification", the one task there is so far.');
  const text = (name: string): string => requiredText(path, json, name);
  const folder = dirname(resolve(path));
  const { args, raw, notes } = readArguments(path, json['training_arguments'] ?? {});
  return {
    model: resolve(folder, text('model')),
    trainFile: resolve(folder, text('train_file')),
    validationFile: json['validation_file'] == null ? null : resolve(folder, text('validation_file')),
    roles: {
      text: text('text_column'),
      label: text('label_column'),
      ...(json['text_pair_column'] == null ? {} : { textPair: text('text_pair_column') }),
    },
    maxLength: optionalNumber(
      path,
      json,
      'max_length',
      (value) => Number.isInteger(value) && value > 0,
      'a positive integer',
    ),
    problemType: readProblemType(path, json['problem_type']),
    validationFraction:
      optionalNumber(
        path,
        json,
        'validation_fraction',
        (value) => value >= 0 && value < 1,
        'a number of at least 0 and less than 1',
      ) ?? 0,
    splitSeed: optionalNumber(path, json, 'split_seed', Number.isInteger, 'an integer') ?? 42,
    args,
    rawArguments: raw,
    notes,
  };
}

async function readJson(path: string): Promise<Record<string, unknown>> {
  let content: string;
  try {
    content = await readFile(path, 'utf8');
  } catch (cause) {
    throw new StudioError('E-ARGS', `The config ${path} can not be read: ${(cause as Error).message}`, {
      where: path,
      cause,
    });
  }
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch (cause) {
    throw new StudioError('E-ARGS', `${path} is not JSON: ${(cause as Error).message}`, { where: path, cause });
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  throw new StudioError('E-ARGS', `${path} holds no JSON object.`, { where: path });
}

function readArguments(path: string, given: unknown) {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw wrong(path, 'training_arguments', 'must be an object of HF TrainingArguments.');
  const parsed = parseTrainingArguments(given as Record<string, unknown>);
  if (!parsed.ok) {
    const errors = parsed.issues.filter(({ level }) => level === 'error');
    const lines = errors.map(({ message, hint }) => `${message}${hint ? ` ${hint}` : ''}`);
    throw new StudioError('E-ARGS', lines.join('\n'), {
      where: `${path}: training_arguments.${errors[0]?.name}`,
      safe: 'Nothing was started.',
    });
  }
  return {
    args: parsed.args,
    raw: parsed.raw,
    notes: parsed.notes.map(({ message, hint }) => (hint ? `${message} ${hint}` : message)),
  };
}

function requiredText(path: string, json: Record<string, unknown>, name: string): string {
  const value = json[name];
  if (typeof value === 'string' && value !== '') return value;
  throw wrong(path, name, value === undefined ? 'is missing.' : `must be a text, but is ${JSON.stringify(value)}.`);
}

function optionalNumber(
  path: string,
  json: Record<string, unknown>,
  name: string,
  valid: (value: number) => boolean,
  expected: string,
): number | null {
  const value = json[name];
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' && valid(value)) return value;
  throw wrong(path, name, `must be ${expected}, but is ${JSON.stringify(value)}.`);
}

function readProblemType(path: string, value: unknown): ProblemType | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && PROBLEM_TYPES.includes(value)) return value as ProblemType;
  throw wrong(path, 'problem_type', `must be one of ${PROBLEM_TYPES.join(', ')}.`);
}

function wrong(path: string, name: string, problem: string): StudioError {
  return new StudioError('E-ARGS', `${path}: "${name}" ${problem}`, {
    where: `${path}: ${name}`,
    safe: 'Nothing was started.',
  });
}
