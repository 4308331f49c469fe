// What the samplers of a search suggest: allowed values, spread as told, repeatable, and with TPE better and better ones.

import { describe, expect, it } from 'vitest';
import { DEFAULT_SEARCH_SPACE, type Hyperparameters, type SearchSpace } from '#protocol/search-space.ts';
import { type SearchSamplerName, searchSampler } from '#trainer/search/search-sampler.ts';
import type { SearchDirection, Trial } from '#trainer/search/trial.ts';

function suggestions(name: SearchSamplerName, space: SearchSpace, count: number, seed = 1): Hyperparameters[] {
  const sampler = searchSampler(name, { space, direction: 'minimize', seed });
  return Array.from({ length: count }, (_, number) => sampler.suggest(number, []));
}
const numbersOf = (all: readonly Hyperparameters[], name: string): number[] => all.map((each) => each[name] as number);

describe('random', () => {
  const all = suggestions('random', DEFAULT_SEARCH_SPACE, 2000);

  it("draws HF's default space within its ends", () => {
    const rates = numbersOf(all, 'learning_rate');
    expect(Math.min(...rates)).toBeGreaterThanOrEqual(1e-6);
    expect(Math.max(...rates)).toBeLessThanOrEqual(1e-4);
    expect(new Set(numbersOf(all, 'num_train_epochs'))).toEqual(new Set([1, 2, 3, 4, 5]));
    expect(new Set(numbersOf(all, 'per_device_train_batch_size'))).toEqual(new Set([4, 8, 16, 32, 64]));
    const seeds = numbersOf(all, 'seed');
    expect([Math.min(...seeds), Math.max(...seeds), seeds.every(Number.isInteger)]).toEqual([1, 40, true]);
  });
  it('is even over the logarithm: as many below the geometric mean as above', () => {
    const below = numbersOf(all, 'learning_rate').filter((rate) => rate < 1e-5).length;
    expect(below / all.length).toBeCloseTo(0.5, 1);
  });
  it('takes each of a few whole numbers about as often', () => {
    const counts = [1, 2, 3, 4, 5].map((n) => numbersOf(all, 'num_train_epochs').filter((each) => each === n).length);
    for (const count of counts) expect(count / all.length).toBeCloseTo(0.2, 1);
  });
  it('takes whole numbers of a logarithmic range, its ends too', () => {
    const drawn = numbersOf(suggestions('random', { max_steps: { low: 1, high: 8, log: true } }, 500), 'max_steps');
    expect(new Set(drawn)).toEqual(new Set([1, 2, 3, 4, 5, 6, 7, 8]));
    expect(drawn.filter((n) => n === 1).length).toBeGreaterThan(drawn.filter((n) => n === 8).length);
  });
  it('keeps to the steps of a range, without the noise of binary fractions', () => {
    const drawn = numbersOf(
      suggestions('random', { weight_decay: { low: 0, high: 0.5, step: 0.1 } }, 200),
      'weight_decay',
    );
    expect(new Set(drawn)).toEqual(new Set([0, 0.1, 0.2, 0.3, 0.4, 0.5]));
  });
  it('repeats itself for a seed, and for another does not', () => {
    expect(suggestions('random', DEFAULT_SEARCH_SPACE, 5, 1)).toEqual(all.slice(0, 5));
    expect(suggestions('random', DEFAULT_SEARCH_SPACE, 5, 2)).not.toEqual(all.slice(0, 5));
  });
});

describe('grid', () => {
  it('goes through every combination once', () => {
    const space: SearchSpace = {
      learning_rate: [1e-4, 1e-3],
      num_train_epochs: { low: 1, high: 3, step: 1 },
      gradient_accumulation_steps: { low: 1, high: 2 },
    };
    const sampler = searchSampler('grid', { space, direction: 'minimize', seed: 0 });
    expect(sampler.size).toBe(12);
    const all = suggestions('grid', space, 12);
    expect(new Set(all.map((each) => JSON.stringify(each))).size).toBe(12);
    expect(all.slice(0, 3)).toEqual([
      { learning_rate: 1e-4, num_train_epochs: 1, gradient_accumulation_steps: 1 },
      { learning_rate: 1e-4, num_train_epochs: 1, gradient_accumulation_steps: 2 },
      { learning_rate: 1e-4, num_train_epochs: 2, gradient_accumulation_steps: 1 },
    ]);
  });
  it('refuses a range without steps, and says what to give', () => {
    expect(() => suggestions('grid', { learning_rate: { low: 1e-6, high: 1e-4 } }, 1)).toThrow(
      expect.objectContaining({
        code: 'E-ARGS',
        message: 'A grid needs a step for learning_rate, or a list of its values.',
      }),
    );
  });
});

describe('tpe', () => {
  const SPACE: SearchSpace = {
    learning_rate: { low: 1e-6, high: 1e-1, log: true },
    weight_decay: { low: 0, high: 1 },
    num_train_epochs: { low: 1, high: 9, step: 1 },
    lr_scheduler_type: ['linear', 'cosine', 'constant'],
  };
  /** Best at 1e-3, 0.3, 7 and cosine: 0. */
  const cost = (params: Hyperparameters): number =>
    (Math.log10(params['learning_rate'] as number) + 3) ** 2 +
    4 * ((params['weight_decay'] as number) - 0.3) ** 2 +
    0.1 * ((params['num_train_epochs'] as number) - 7) ** 2 +
    (params['lr_scheduler_type'] === 'cosine' ? 0 : 1);

  function search(name: SearchSamplerName, seed: number, direction: SearchDirection, count = 60): Trial[] {
    const sign = direction === 'minimize' ? 1 : -1;
    const sampler = searchSampler(name, { space: SPACE, direction, seed });
    const trials: Trial[] = [];
    for (let number = 0; number < count; number++) {
      const params = sampler.suggest(number, trials);
      const value = sign * cost(params);
      trials.push({ number, name: '', params, state: 'complete', value, reports: [{ step: 1, value }] });
    }
    return trials;
  }
  const bestOf = (trials: readonly Trial[]): number => Math.min(...trials.map(({ value }) => Math.abs(value!)));
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const SEEDS = Array.from({ length: 24 }, (_, i) => i);

  it('begins as random does', () => {
    const [tpe, random] = [search('tpe', 3, 'minimize', 10), search('random', 3, 'minimize', 10)];
    expect(tpe.map(({ params }) => params)).toEqual(random.map(({ params }) => params));
  });
  it('finds much better ones than random in as many trials', () => {
    const [tpe, random] = (['tpe', 'random'] as const).map((name) =>
      mean(SEEDS.map((seed) => bestOf(search(name, seed, 'minimize')))),
    );
    expect(tpe!).toBeLessThan(random! / 3);
  });
  it('looks for the greatest as well as for the smallest', () => {
    const [up, down] = (['maximize', 'minimize'] as const).map((direction) => search('tpe', 5, direction));
    expect(up!.map(({ params }) => params)).toEqual(down!.map(({ params }) => params));
  });
  it('keeps to what is allowed', () => {
    for (const { params } of search('tpe', 1, 'minimize')) {
      expect(params['learning_rate']).toBeGreaterThanOrEqual(1e-6);
      expect(params['learning_rate']).toBeLessThanOrEqual(1e-1);
      expect([1, 2, 3, 4, 5, 6, 7, 8, 9]).toContain(params['num_train_epochs']);
      expect(SPACE['lr_scheduler_type']).toContain(params['lr_scheduler_type']);
    }
  });
  it('learns nothing from trials that failed, and from pruned ones that they were bad', () => {
    const sampler = searchSampler('tpe', { space: SPACE, direction: 'minimize', seed: 1 });
    const trials = search('tpe', 1, 'minimize', 30);
    const failed = trials.map((trial) => ({ ...trial, state: 'failed' as const, value: null }));
    expect(sampler.suggest(30, failed)).toEqual(suggestions('random', SPACE, 31).at(-1));
    const good = trials.toSorted((a, b) => a.value! - b.value!).slice(0, 3);
    const spoiled = trials.map((trial) => (good.includes(trial) ? { ...trial, state: 'pruned' as const } : trial));
    expect(sampler.suggest(30, spoiled)).not.toEqual(sampler.suggest(30, trials));
  });
  it('a range of one value', () => {
    const space: SearchSpace = { learning_rate: { low: 0.1, high: 0.1 }, max_steps: { low: 3, high: 3 } };
    const sampler = searchSampler('tpe', { space, direction: 'minimize', seed: 1 });
    const params = { learning_rate: 0.1, max_steps: 3 };
    const trials = Array.from({ length: 12 }, (_, number) => {
      const value = number;
      return { number, name: '', params, state: 'complete' as const, value, reports: [{ step: 1, value }] };
    });
    expect(sampler.suggest(12, trials)).toEqual(params);
  });
});
