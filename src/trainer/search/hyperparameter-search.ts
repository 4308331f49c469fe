// Trains again and again with other arguments, and tells which were best. HF's `hyperparameter_search`.

import { recoverMemory } from '#nn/tensor-access.ts';
import {
  DEFAULT_SEARCH_SPACE,
  type Hyperparameters,
  readSearchSpace,
  type SearchSpace,
  withHyperparameters,
} from '#protocol/search-space.ts';
import type { TrainingArguments } from '#protocol/training-arguments.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import { shouldPrune } from './median-pruner.ts';
import { type ComputeObjective, metricObjective } from './search-objective.ts';
import { type SearchSampler, type SearchSamplerName, searchSampler } from './search-sampler.ts';
import {
  isBetter,
  type SearchDirection,
  type SearchSettings,
  type Trial,
  type TrialReport,
  type TrialStore,
} from './trial.ts';
import type { TrialRun, TrialRunner } from './trial-run.ts';

export interface SearchOptions {
  /** Default: HF's for optuna. */
  readonly hpSpace?: SearchSpace;
  /** Default: metric_for_best_model, else the loss; HF's rule is `defaultComputeObjective`. */
  readonly computeObjective?: ComputeObjective;
  /** Default: `minimize` with `computeObjective`, else the metric's own. */
  readonly direction?: SearchDirection;
  /** Default 20, or the whole grid. */
  readonly nTrials?: number;
  /** Default `tpe`. */
  readonly sampler?: SearchSamplerName;
  /** Ends hopeless trials at their evaluations. Default `median`. */
  readonly pruner?: SearchPruner;
  /** Of the sampler. Default: that of the arguments. */
  readonly seed?: number;
  /** Names a trial and its folder. Default `run-<number>`. */
  readonly hpName?: (trial: { readonly number: number; readonly params: Hyperparameters }) => string;
  /** Lets a search that was interrupted go on. Default: trials are kept as long as the search runs. */
  readonly trialStore?: TrialStore;
  /** Told when a trial begins and when it has ended. */
  readonly onTrial?: (trial: Trial) => void;
}

export const SEARCH_PRUNERS = ['median', 'none'] as const;
export type SearchPruner = (typeof SEARCH_PRUNERS)[number];

export interface BestRun {
  /** The trial's number, as text. */
  readonly runId: string;
  readonly objective: number;
  readonly hyperparameters: Hyperparameters;
  readonly trials: readonly Trial[];
}

interface SearchParts {
  readonly args: TrainingArguments;
  readonly rawArguments: Readonly<Record<string, unknown>>;
  readonly runTrial: TrialRunner;
}

const DEFAULT_TRIALS = 20;

/**
 * @throws StudioError E-ARGS for a space or settings that can not be, before anything starts; E-STATE when no trial came
 * to its end. What a trial throws ends the search, except memory that ran out: that trial has failed.
 */
export async function hyperparameterSearch(options: SearchOptions, parts: SearchParts): Promise<BestRun> {
  const search = new Search(options, parts);
  await search.resume();
  for (let number = 0; number < search.size; number++) await search.run(number);
  return search.best();
}

class Search {
  readonly size: number;
  readonly #options: SearchOptions;
  readonly #parts: SearchParts;
  readonly #settings: SearchSettings;
  readonly #sampler: SearchSampler;
  readonly #computeObjective: ComputeObjective;
  #trials: readonly Trial[] = [];

  constructor(options: SearchOptions, parts: SearchParts) {
    const { args, rawArguments } = parts;
    const byMetric = metricObjective(args);
    this.#options = options;
    this.#parts = parts;
    this.#computeObjective = options.computeObjective ?? byMetric.computeObjective;
    const direction = options.direction ?? (options.computeObjective ? 'minimize' : byMetric.direction);
    const space = readSearchSpace(options.hpSpace ?? DEFAULT_SEARCH_SPACE, rawArguments);
    const seed = options.seed ?? args.seed;
    const sampler = options.sampler ?? 'tpe';
    this.#settings = { space, direction, sampler, pruner: options.pruner ?? 'median', seed };
    this.#sampler = searchSampler(sampler, { space, direction, seed });
    const wanted = options.nTrials ?? this.#sampler.size ?? DEFAULT_TRIALS;
    this.size = Math.min(wanted, this.#sampler.size ?? wanted);
    if (Number.isInteger(wanted) && wanted > 0) return;
    throw refused(msg`The number of trials must be a whole number above 0, but is ${wanted}.`, 'nTrials');
  }

  /** Takes over what an interrupted search has kept. @throws StudioError E-ARGS when it was another search. */
  async resume(): Promise<void> {
    const stored = await this.#options.trialStore?.load();
    if (!stored) return;
    const [before, now] = [stored.settings, this.#settings].map((settings) => JSON.stringify(settings));
    if (before !== now)
      throw refused(
        msg`The trials that are kept belong to a search with other settings.`,
        'trialStore',
        msg`Begin in another place, or search as before: ${before}.`,
      );
    this.#trials = stored.trials;
  }

  async run(number: number): Promise<void> {
    const known = this.#trials[number];
    if (known && known.state !== 'running') return;
    const trial = known ?? this.#begin(number);
    await this.#put(trial);
    this.#options.onTrial?.(trial);
    const ended = await this.#train(trial);
    await this.#put(ended);
    this.#options.onTrial?.(ended);
  }

  best(): BestRun {
    const { direction } = this.#settings;
    const [first, ...others] = this.#trials.filter(({ state }) => state === 'complete');
    if (!first)
      throw new StudioError('E-STATE', msg`No trial of the search came to its end.`, {
        where: 'hyperparameterSearch',
        hint: this.#trials.findLast(({ error }) => error)?.error ?? msg`Give it more trials, or another space.`,
      });
    const best = others.reduce((a, b) => (isBetter(direction, b.value!, a.value!) ? b : a), first);
    return { runId: String(best.number), objective: best.value!, hyperparameters: best.params, trials: this.#trials };
  }

  #begin(number: number): Trial {
    const params = this.#sampler.suggest(number, this.#trials.slice(0, number));
    const name = this.#options.hpName?.({ number, params }) ?? `run-${number}`;
    return { number, name, params, state: 'running', value: null, reports: [] };
  }

  async #put(trial: Trial): Promise<void> {
    this.#trials = [...this.#trials.slice(0, trial.number), trial, ...this.#trials.slice(trial.number + 1)];
    await this.#options.trialStore?.save({ settings: this.#settings, trials: this.#trials });
  }

  /** @returns the trial at its end. */
  async #train(trial: Trial): Promise<Trial> {
    const { args, rawArguments } = withHyperparameters(this.#parts.rawArguments, trial.params);
    const reports: TrialReport[] = [];
    let pruned = false;
    let run: TrialRun | null = null;
    const onEvaluated = async (step: number, metrics: Parameters<ComputeObjective>[0]): Promise<boolean> => {
      reports.push({ step, value: this.#computeObjective(metrics) });
      await this.#put({ ...trial, reports: [...reports] });
      pruned ||= this.#isHopeless(trial.number, reports);
      return pruned;
    };
    try {
      run = await this.#parts.runTrial({ trial, args, rawArguments, onEvaluated });
      // Those before the checkpoint that the trial goes on from.
      reports.push(...trial.reports.filter(({ step }) => step <= run!.step));
      await run.train();
      if (reports.length === 0) reports.push({ step: 0, value: this.#computeObjective(await run.evaluate()) });
      const value = this.#outcome(args, reports);
      const state = pruned ? 'pruned' : Number.isNaN(value) ? 'failed' : 'complete';
      const ended = { ...trial, state, value: state === 'failed' ? null : value, reports } as const;
      if (state === 'complete' && this.#isBestSoFar(value)) await run.keep();
      return state === 'failed' ? { ...ended, error: msg`The objective is not a number.` } : ended;
    } catch (error) {
      if (!(error instanceof StudioError && error.code === 'E-GPU-MEMORY')) throw error;
      run?.dispose();
      run = null;
      await recoverMemory();
      return { ...trial, state: 'failed', value: null, reports, error: error.message };
    } finally {
      run?.dispose();
    }
  }

  /** As in HF the latest evaluation counts; the best one where its weights are those that the trial ends with. */
  #outcome({ loadBestModelAtEnd }: TrainingArguments, reports: readonly TrialReport[]): number {
    const { direction } = this.#settings;
    const values = reports.map(({ value }) => value);
    if (!loadBestModelAtEnd) return values.at(-1)!;
    return values.reduce((a, b) => (Number.isNaN(a) || isBetter(direction, b, a) ? b : a));
  }

  #isHopeless(number: number, reports: readonly TrialReport[]): boolean {
    const { pruner, direction } = this.#settings;
    return pruner === 'median' && shouldPrune({ reports }, this.#trials.slice(0, number), direction);
  }

  #isBestSoFar(value: number): boolean {
    const { direction } = this.#settings;
    return this.#trials.every((other) => other.state !== 'complete' || isBetter(direction, value, other.value!));
  }
}

const refused = (message: string, where: string, hint?: string): StudioError =>
  new StudioError('E-ARGS', message, { where, ...(hint ? { hint } : {}), safe: msg`Nothing was started.` });
