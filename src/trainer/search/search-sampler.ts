// Which arguments the next trial takes: drawn at random, one after the other from a grid, or where earlier trials were
// good (`tpe.ts`).

import { type Hyperparameters, isRange, type SearchDimension, type SearchSpace } from '#protocol/search-space.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import { RandomNumbers } from './random-numbers.ts';
import { axisOf, valuesOf } from './search-axis.ts';
import { suggestByTpe } from './tpe.ts';
import type { SearchDirection, Trial } from './trial.ts';

export const SEARCH_SAMPLERS = ['tpe', 'random', 'grid'] as const;
export type SearchSamplerName = (typeof SEARCH_SAMPLERS)[number];

export interface SearchSampler {
  /** Trials until nothing new can come; null: without end. */
  readonly size: number | null;
  /** The same for the same number, seed and earlier trials. @param earlier those that have ended. */
  suggest(number: number, earlier: readonly Trial[]): Hyperparameters;
}

interface SamplerOptions {
  readonly space: SearchSpace;
  readonly direction: SearchDirection;
  readonly seed: number;
}

export function searchSampler(name: SearchSamplerName, options: SamplerOptions): SearchSampler {
  switch (name) {
    case 'random':
      return { size: null, suggest: (number) => drawAll(options.space, new RandomNumbers(options.seed, number)) };
    case 'grid':
      return gridSampler(options.space);
    case 'tpe':
      return tpeSampler(options);
    default:
      return name satisfies never;
  }
}

/** Trials drawn at random before the others are looked at, as in optuna. */
const STARTUP_TRIALS = 10;

function tpeSampler({ space, direction, seed }: SamplerOptions): SearchSampler {
  return {
    size: null,
    suggest: (number, earlier) => {
      const random = new RandomNumbers(seed, number);
      const known = earlier.filter(({ state, value }) => value !== null && state !== 'failed');
      if (known.length < STARTUP_TRIALS) return drawAll(space, random);
      return suggestByTpe(space, { known, direction, random });
    },
  };
}

function drawAll(space: SearchSpace, random: RandomNumbers): Hyperparameters {
  const draw = (name: string, dimension: SearchDimension): unknown => {
    if (!isRange(dimension)) return dimension[Math.floor(random.uniform() * dimension.length)];
    const axis = axisOf(name, dimension);
    return axis.toValue(random.between(axis.low, axis.high));
  };
  return Object.fromEntries(Object.entries(space).map(([name, dimension]) => [name, draw(name, dimension)]));
}

/** Every combination, the last argument changing fastest. */
function gridSampler(space: SearchSpace): SearchSampler {
  const columns = Object.entries(space).map(([name, dimension]) => ({ name, values: gridValues(name, dimension) }));
  const size = columns.reduce((product, { values }) => product * values.length, 1);
  return {
    size,
    suggest: (number) => {
      let left = number;
      const chosen = columns
        .toReversed()
        .map(({ name, values }) => {
          const value = values[left % values.length];
          left = Math.floor(left / values.length);
          return [name, value] as const;
        })
        .toReversed();
      return Object.fromEntries(chosen);
    },
  };
}

function gridValues(name: string, dimension: SearchDimension): readonly unknown[] {
  const values = isRange(dimension) ? valuesOf(name, dimension) : dimension;
  if (values) return values;
  throw new StudioError('E-ARGS', msg`A grid needs a step for ${name}, or a list of its values.`, {
    where: `search space: ${name}`,
    hint: msg`Give {"low": …, "high": …, "step": …} or [value, value], or take the sampler "random" or "tpe".`,
    safe: msg`Nothing was started.`,
  });
}
