// The field `hyperparameter_search` of run.json.

import { DEFAULT_SEARCH_SPACE, readSearchSpace } from '#protocol/search-space.ts';
import type { TrainingArguments } from '#protocol/training-arguments.ts';
import { SEARCH_PRUNERS, type SearchOptions } from '#trainer/search/hyperparameter-search.ts';
import { metricObjective } from '#trainer/search/search-objective.ts';
import { SEARCH_SAMPLERS, searchSampler } from '#trainer/search/search-sampler.ts';
import { StudioError } from '#util/studio-error.ts';

const DIRECTIONS = ['minimize', 'maximize'] as const;
const FIELDS = ['space', 'n_trials', 'objective', 'direction', 'sampler', 'pruner', 'seed'];

/** @throws StudioError E-ARGS for a field that is not known or not right. */
export function readSearch(
  path: string,
  given: unknown,
  args: TrainingArguments,
  raw: Readonly<Record<string, unknown>>,
): SearchOptions {
  const wrong = (name: string, problem: string): StudioError =>
    new StudioError('E-ARGS', `${path}: "hyperparameter_search${name ? `.${name}` : ''}" ${problem}`, {
      where: `${path}: hyperparameter_search`,
      safe: 'Nothing was started.',
    });
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw wrong('', 'must be an object; {} searches with the defaults.');
  const json = given as Record<string, unknown>;
  const strange = Object.keys(json).find((name) => !FIELDS.includes(name));
  if (strange !== undefined) throw wrong(strange, `is not known. Known are: ${FIELDS.join(', ')}.`);
  const oneOf = <T extends string>(name: string, known: readonly T[]): T | undefined => {
    if (json[name] === undefined || known.includes(json[name] as T)) return json[name] as T | undefined;
    throw wrong(name, `must be one of ${known.join(', ')}, but is ${JSON.stringify(json[name])}.`);
  };
  const whole = (name: string, low: number): number | undefined => {
    const value = json[name];
    if (value === undefined || (Number.isInteger(value) && Number(value) >= low)) return value as number | undefined;
    throw wrong(name, `must be a whole number of at least ${low}, but is ${JSON.stringify(value)}.`);
  };
  const { objective } = json;
  if (objective !== undefined && (typeof objective !== 'string' || objective === ''))
    throw wrong('objective', 'must be the name of a metric, such as "eval_accuracy".');
  const options = {
    hpSpace: json['space'] === undefined ? undefined : readSearchSpace(json['space'], raw),
    nTrials: whole('n_trials', 1),
    ...metricObjective(args, objective),
    ...defined({ direction: oneOf('direction', DIRECTIONS) }),
    sampler: oneOf('sampler', SEARCH_SAMPLERS),
    pruner: oneOf('pruner', SEARCH_PRUNERS),
    seed: whole('seed', 0),
  };
  // Refuses a grid that has no end before anything starts.
  const { hpSpace = DEFAULT_SEARCH_SPACE, sampler = 'tpe', direction } = options;
  searchSampler(sampler, { space: hpSpace, direction, seed: 0 });
  return defined(options);
}

/** Without the fields that have no value. */
const defined = <T extends object>(fields: T) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>;
  };
