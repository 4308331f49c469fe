// Tree-structured Parzen estimator (Bergstra et al. 2011) over all arguments together, with optuna's settings: what comes
// next is likely among the good trials and unlikely among the others.

import type { Hyperparameters, SearchSpace } from '#protocol/search-space.ts';
import { type Distribution, distributionsOf } from './parzen-dimension.ts';
import type { RandomNumbers } from './random-numbers.ts';
import type { SearchDirection, Trial } from './trial.ts';

const CANDIDATES = 24;
/** Share of the trials that count as good, and how many at most. */
const GOOD_SHARE = 0.1;
const MOST_GOOD = 25;

interface TpeParts {
  /** Trials with a value. */
  readonly known: readonly Trial[];
  readonly direction: SearchDirection;
  readonly random: RandomNumbers;
}

export function suggestByTpe(space: SearchSpace, { known, direction, random }: TpeParts): Hyperparameters {
  const ranked = rank(known, direction);
  const split = Math.min(Math.ceil(GOOD_SHARE * ranked.length), MOST_GOOD);
  const good = new Estimator(space, ranked.slice(0, split));
  const others = new Estimator(space, ranked.slice(split));
  const candidates = Array.from({ length: CANDIDATES }, () => good.draw(random));
  const gains = candidates.map((candidate) => good.logDensity(candidate) - others.logDensity(candidate));
  return candidates[gains.indexOf(Math.max(...gains))]!;
}

/** Best first; pruned trials behind the complete ones, those that came further first. */
function rank(trials: readonly Trial[], direction: SearchDirection): Trial[] {
  const sign = direction === 'minimize' ? 1 : -1;
  const reached = ({ state, reports }: Trial): number =>
    state === 'complete' ? Number.POSITIVE_INFINITY : reports.length;
  return trials.toSorted((a, b) => {
    const [left, right] = [reached(a), reached(b)];
    return left === right ? sign * (a.value! - b.value!) : right - left;
  });
}

/** A mixture: around each trial, and over the whole space. */
class Estimator {
  readonly #weights: readonly number[];
  readonly #dimensions: readonly { readonly name: string; readonly around: readonly Distribution[] }[];

  constructor(space: SearchSpace, trials: readonly Trial[]) {
    const inOrder = trials.toSorted((a, b) => a.number - b.number);
    const weights = [...recency(trials.length), 1];
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    this.#weights = weights.map((weight) => weight / total);
    this.#dimensions = Object.entries(space).map(([name, dimension]) => ({
      name,
      around: distributionsOf(
        name,
        dimension,
        inOrder.map(({ params }) => params[name]),
      ),
    }));
  }

  draw(random: RandomNumbers): Hyperparameters {
    const i = random.choice(this.#weights);
    return Object.fromEntries(this.#dimensions.map(({ name, around }) => [name, around[i]!.draw(random)]));
  }

  logDensity(params: Hyperparameters): number {
    const logs = this.#weights.map((weight, i) =>
      this.#dimensions.reduce((sum, { name, around }) => sum + around[i]!.logDensity(params[name]), Math.log(weight)),
    );
    const greatest = Math.max(...logs);
    return greatest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - greatest), 0));
  }
}

/** The latest 25 trials count in full, earlier ones the less the older they are. */
function recency(count: number): number[] {
  const old = Math.max(0, count - 25);
  return Array.from({ length: count }, (_, i) =>
    i < old ? 1 / count + ((1 - 1 / count) * i) / Math.max(1, old - 1) : 1,
  );
}
