// What a hyperparameter search may choose from: ranges and lists under the arguments' own names.

import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import type { ArgumentSpec } from './argument-spec.ts';
import { findArgumentSpec } from './argument-specs.ts';
import { show } from './argument-value.ts';
import { parseTrainingArguments } from './training-arguments.ts';

export interface SearchRange {
  readonly low: number;
  /** Included. */
  readonly high: number;
  /** Even over the logarithm. Default false. */
  readonly log?: boolean;
  /** Distance of the values that are tried. Default: every number; 1 for arguments that are whole numbers. */
  readonly step?: number;
}

/** A range, or the values to choose from. */
export type SearchDimension = SearchRange | readonly unknown[];
export type SearchSpace = Readonly<Record<string, SearchDimension>>;
/** Chosen values by argument. */
export type Hyperparameters = Readonly<Record<string, unknown>>;

/** HF's, for its optuna backend. */
export const DEFAULT_SEARCH_SPACE: SearchSpace = {
  learning_rate: { low: 1e-6, high: 1e-4, log: true },
  num_train_epochs: { low: 1, high: 5, step: 1 },
  seed: { low: 1, high: 40 },
  per_device_train_batch_size: [4, 8, 16, 32, 64],
};

export const isRange = (dimension: SearchDimension): dimension is SearchRange => !Array.isArray(dimension);

/** Null: every number of the range may be tried. */
export function stepOf(name: string, { step, log }: SearchRange): number | null {
  return step ?? (!log && findArgumentSpec(name)?.type === 'int' ? 1 : null);
}

/** Whether only whole numbers may be tried. */
export const isWhole = (name: string): boolean => findArgumentSpec(name)?.type === 'int';

/** The arguments of a trial. @throws StudioError E-ARGS where they contradict each other. */
export function withHyperparameters(raw: Readonly<Record<string, unknown>>, chosen: Hyperparameters) {
  const parsed = parseTrainingArguments({ ...raw, ...chosen });
  if (parsed.ok) return { args: parsed.args, rawArguments: parsed.raw };
  const [issue] = parsed.issues.filter(({ level }) => level === 'error');
  throw fault(Object.keys(chosen).join(', '), `${issue!.message}${issue!.hint ? ` ${issue!.hint}` : ''}`);
}

/**
 * @param given JSON of a space. @param raw the arguments that every trial shares.
 * @throws StudioError E-ARGS for what is no range and no list, and for a value that the argument does not take.
 */
export function readSearchSpace(given: unknown, raw: Readonly<Record<string, unknown>>): SearchSpace {
  if (typeof given !== 'object' || given === null || Array.isArray(given) || Object.keys(given).length === 0)
    throw fault('space', msg`The space must be an object with a range or a list for each argument.`);
  const space = given as SearchSpace;
  for (const [name, dimension] of Object.entries(space)) checkDimension(name, dimension, raw);
  return space;
}

function checkDimension(name: string, dimension: unknown, raw: Readonly<Record<string, unknown>>): void {
  const spec = findArgumentSpec(name);
  if (spec?.support !== 'supported') throw fault(name, msg`${name} is no argument that has an effect here.`);
  if (Array.isArray(dimension)) {
    if (dimension.length === 0) throw fault(name, msg`The list of ${name} is empty.`);
    for (const value of dimension) withHyperparameters(raw, { [name]: value });
    return;
  }
  checkRange(spec, dimension);
  for (const value of [dimension.low, dimension.high]) withHyperparameters(raw, { [name]: value });
}

function checkRange(spec: ArgumentSpec, given: unknown): asserts given is SearchRange {
  const { name, type } = spec;
  if (typeof given !== 'object' || given === null)
    throw fault(
      name,
      msg`${name} must be a list of values or a range such as {"low": 1, "high": 5}, but is ${show(given)}.`,
    );
  const { low, high, log = false, step, ...others } = given as Record<string, unknown>;
  const [strange] = Object.keys(others);
  if (strange !== undefined) throw fault(name, msg`A range has low, high, log and step; ${name} has ${strange}.`);
  if (type !== 'int' && type !== 'float') throw fault(name, msg`${name} is no number: give a list of values.`);
  if (!isNumber(low) || !isNumber(high) || low > high)
    throw fault(
      name,
      msg`low and high of ${name} must be numbers, low not above high, but are ${show(low)} and ${show(high)}.`,
    );
  if (typeof log !== 'boolean') throw fault(name, msg`log of ${name} must be true or false, but is ${show(log)}.`);
  if (log && low <= 0) throw fault(name, msg`A logarithmic range begins above 0; low of ${name} is ${low}.`);
  if (step === undefined) return;
  if (log) throw fault(name, msg`A logarithmic range has no step: leave one of them out for ${name}.`);
  if (!isNumber(step) || step <= 0) throw fault(name, msg`step of ${name} must be above 0, but is ${show(step)}.`);
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

const fault = (name: string, message: string): StudioError =>
  new StudioError('E-ARGS', message, { where: `search space: ${name}`, safe: msg`Nothing was started.` });
