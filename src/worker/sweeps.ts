// Hyperparameter searches of the studio: each trial is a run that is stored and shown as any other.

import { fromWire, toWire } from '#protocol/errors.ts';
import type { RunId, SweepId } from '#protocol/ids.ts';
import type { RunSetup } from '#protocol/messages.ts';
import type { SweepDetail, SweepEvent, SweepRequests, SweepTrial } from '#protocol/sweep-messages.ts';
import type { SweepRecord } from '#storage/schema.ts';
import type { IdbSweepStore } from '#storage/sweep-store.ts';
import { hyperparameterSearch } from '#trainer/search/hyperparameter-search.ts';
import { metricObjective } from '#trainer/search/search-objective.ts';
import type { TrialRun, TrialStart } from '#trainer/search/trial-run.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import { parsedArguments, withoutTokens } from './run-arguments.ts';
import { busy, type OpenedParts, type RunLauncher } from './run-launcher.ts';

type Handlers = {
  readonly [T in keyof SweepRequests]: (params: SweepRequests[T]['params']) => Promise<SweepRequests[T]['result']>;
};

/** What the sweeps need of the studio. */
export interface SweepSurroundings {
  readonly launcher: RunLauncher;
  readonly store: () => Promise<IdbSweepStore>;
  readonly opened: (setup: RunSetup) => OpenedParts;
  /** The model and data of a run of the sweep, after a reload. */
  readonly openedOfRun: (runId: RunId) => Promise<OpenedParts>;
  readonly emit: (event: SweepEvent) => void;
}

/** A person ended the sweep; what its trials have done is kept. */
class Stopped extends Error {}

export class Sweeps {
  readonly handlers: Handlers;
  readonly #studio: SweepSurroundings;
  #active: { readonly sweepId: SweepId; stopped: boolean } | null = null;

  constructor(studio: SweepSurroundings) {
    this.#studio = studio;
    this.handlers = {
      'sweep/start': (params) => this.#start(params),
      'sweep/resume': async ({ sweepId }) => {
        const record = await this.#record(sweepId);
        const first = Object.values(record.runIds)[0];
        if (!first)
          throw new StudioError('E-STATE', msg`The sweep has no trial to go on with.`, {
            hint: msg`Start it anew under Sweep.`,
          });
        this.#launch(record, await this.#studio.openedOfRun(first));
        return {};
      },
      'sweep/stop': async ({ sweepId }) => {
        if (this.#active?.sweepId === sweepId) {
          this.#active.stopped = true;
          this.#studio.launcher.active?.stop(true);
        }
        return {};
      },
      'sweep/list': async () => {
        const store = await this.#studio.store();
        return (await store.list()).map((record) => this.#detailOf(record));
      },
      'sweep/delete': async ({ sweepId }) => {
        if (this.#active?.sweepId === sweepId)
          throw new StudioError('E-BUSY', msg`This sweep is going on.`, { hint: msg`Stop it first.` });
        await (await this.#studio.store()).delete(sweepId);
        return {};
      },
    };
  }

  async #start({ setup, options }: SweepRequests['sweep/start']['params']): Promise<{ sweepId: SweepId }> {
    const parts = this.#studio.opened(setup);
    const { args } = parsedArguments(setup);
    if (args.evalStrategy === 'no')
      throw new StudioError('E-ARGS', msg`A sweep compares evaluations, and eval_strategy is "no".`, {
        where: 'eval_strategy',
        hint: msg`Set eval_strategy to "epoch" or "steps" under New run.`,
        safe: msg`Nothing was started.`,
      });
    const { modelId: _model, dataId: _data, ...kept } = withoutTokens(setup);
    const record: SweepRecord = {
      sweepId: crypto.randomUUID() as SweepId,
      name: setup.name,
      createdAt: Date.now(),
      state: { status: 'running' },
      options,
      setup: kept,
      modelName: parts.model.name,
      dataName: parts.data.name,
      search: null,
      runIds: {},
    };
    this.#launch(record, parts);
    return { sweepId: record.sweepId };
  }

  /** @throws StudioError E-BUSY while something trains. */
  #launch(record: SweepRecord, parts: OpenedParts): void {
    if (this.#active || this.#studio.launcher.active) throw busy();
    this.#active = { sweepId: record.sweepId, stopped: false };
    void new SweepRun(this.#studio, record, parts, () => this.#active?.stopped ?? true).run().finally(() => {
      this.#active = null;
    });
  }

  async #record(sweepId: SweepId): Promise<SweepRecord> {
    const record = await (await this.#studio.store()).get(sweepId);
    if (record) return record;
    throw new StudioError('E-STATE', msg`There is no such sweep in this browser.`, {
      hint: msg`It was deleted, here or in another tab.`,
    });
  }

  /** One that nobody carries on has stopped with its page. */
  #detailOf(record: SweepRecord): SweepDetail {
    const isGoing = this.#active?.sweepId === record.sweepId;
    const state = record.state.status === 'running' && !isGoing ? ({ status: 'stopped' } as const) : record.state;
    return detailOf({ ...record, state });
  }
}

class SweepRun {
  readonly #studio: SweepSurroundings;
  readonly #parts: OpenedParts;
  readonly #isStopped: () => boolean;
  #record: SweepRecord;

  constructor(studio: SweepSurroundings, record: SweepRecord, parts: OpenedParts, isStopped: () => boolean) {
    this.#studio = studio;
    this.#record = { ...record, state: { status: 'running' } };
    this.#parts = parts;
    this.#isStopped = isStopped;
  }

  /** To the end, or to a stop; how it ended is its state. */
  async run(): Promise<void> {
    const { setup, options } = this.#record;
    try {
      await this.#put({});
      const { args, raw } = parsedArguments(setup);
      await hyperparameterSearch(
        {
          hpSpace: options.space,
          ...(options.nTrials === null ? {} : { nTrials: options.nTrials }),
          sampler: options.sampler,
          pruner: options.pruner,
          trialStore: { load: async () => this.#record.search, save: (search) => this.#put({ search }) },
        },
        { args, rawArguments: raw, runTrial: (start) => this.#trial(start) },
      );
      await this.#put({ state: { status: 'completed' } });
    } catch (error) {
      const state =
        error instanceof Stopped ? { status: 'stopped' as const } : { status: 'failed' as const, error: toWire(error) };
      await this.#put({ state });
    }
  }

  async #put(change: Partial<SweepRecord>): Promise<void> {
    this.#record = { ...this.#record, ...change };
    await (await this.#studio.store()).put(this.#record);
    this.#studio.emit({ type: 'sweep/changed', sweep: detailOf(this.#record) });
  }

  async #trial(start: TrialStart): Promise<TrialRun> {
    if (this.#isStopped()) throw new Stopped();
    const { number } = start.trial;
    const known = this.#record.runIds[number];
    const { launcher } = this.#studio;
    const launched = known
      ? await launcher.resume(known, { trial: start })
      : await launcher.start(
          {
            ...this.#record.setup,
            // Of no use here: the parts are open.
            modelId: '' as RunSetup['modelId'],
            dataId: '' as RunSetup['dataId'],
            name: `${this.#record.name}-${number}`,
            trainingArguments: start.rawArguments,
          },
          this.#parts,
          { trial: start },
        );
    const { recorder } = launched.run;
    if (!known) await this.#put({ runIds: { ...this.#record.runIds, [number]: recorder.record.runId } });
    return {
      step: launched.step,
      train: async () => {
        await launched.ended;
        const { state } = recorder.record;
        if (state.status === 'failed') throw fromWire(state.error);
        if (this.#isStopped()) throw new Stopped();
      },
      evaluate: () => Promise.reject(new StudioError('E-STATE', msg`The trial ended before it was evaluated.`)),
      keep: async () => undefined,
      dispose: () => undefined,
    };
  }
}

function detailOf({ setup, search, runIds, ...record }: SweepRecord): SweepDetail {
  const { args } = parsedArguments(setup);
  const { sweepId, name, createdAt, state, options, modelName, dataName } = record;
  return {
    sweepId,
    name,
    createdAt,
    state,
    options,
    modelName,
    dataName,
    direction: search?.settings.direction ?? metricObjective(args).direction,
    objective: args.metricForBestModel ?? 'loss',
    trials: trialsOf(search, runIds),
  };
}

const trialsOf = (search: SweepRecord['search'], runIds: SweepRecord['runIds']): SweepTrial[] =>
  (search?.trials ?? []).map(({ number, params, state, value, reports, error }) => ({
    number,
    params,
    state,
    value,
    reports,
    error,
    runId: runIds[number] ?? null,
  }));
