// Puts runs into training, one at a time: new ones, resumed ones, and the trials of a sweep.

import type { FeatureCache } from '#data/tasks/feature-cache.ts';
import type { WorkOptions } from '#data/work.ts';
import type { HubConnection } from '#protocol/hub-messages.ts';
import type { RunId } from '#protocol/ids.ts';
import type { Requests, RunOrigin, RunSetup } from '#protocol/messages.ts';
import type { StoredCheckpoint } from '#storage/checkpoint-store.ts';
import type { IdbCheckpointStore } from '#storage/idb-checkpoint-store.ts';
import type { IdbRunStore } from '#storage/run-store.ts';
import type { RunRecord } from '#storage/schema.ts';
import { latestCheckpoint } from '#trainer/run-checkpoints.ts';
import type { TrialStart } from '#trainer/search/trial-run.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';
import type { OpenedData } from './open-data.ts';
import type { OpenedModel } from './opened-model.ts';
import { prepareOpened } from './prepare-task.ts';
import { connectionFor, parsedArguments, withChangedArguments, withoutTokens } from './run-arguments.ts';
import { loadRunData, storeRunAssets } from './run-assets.ts';
import { takeTrainerLock } from './run-lock.ts';
import { type EmitRunEvent, RunRecorder } from './run-recorder.ts';
import { TrainingRun, type TrainingRunParts } from './training-run.ts';

export interface RunStores {
  readonly runs: IdbRunStore;
  readonly checkpoints: IdbCheckpointStore;
}

/** What the launcher needs of the studio. */
export interface LauncherSurroundings {
  readonly emit: EmitRunEvent;
  readonly stores: () => Promise<RunStores>;
  /** Opens the engine, and measures it at its first use. @returns what trains, in words. */
  readonly device: () => Promise<string>;
  readonly record: (runId: RunId) => Promise<RunRecord>;
  readonly modelOfRun: (record: RunRecord) => Promise<OpenedModel>;
  /** Where tokenized files are kept. */
  readonly features: (model: OpenedModel, data: OpenedData) => Promise<FeatureCache>;
}

export interface OpenedParts {
  readonly model: OpenedModel;
  readonly data: OpenedData;
  readonly origin: RunOrigin;
}

/** A run that has begun. */
export interface Launched {
  readonly run: TrainingRun;
  /** Where it goes on; 0 from the beginning. */
  readonly step: number;
  /** Its failures are states of the run. */
  readonly ended: Promise<void>;
}

export class RunLauncher {
  readonly #studio: LauncherSurroundings;
  #active: TrainingRun | null = null;

  constructor(studio: LauncherSurroundings) {
    this.#studio = studio;
  }

  /** The run that this tab trains. */
  get active(): TrainingRun | null {
    return this.#active;
  }

  /** Of this run, if this tab trains it. */
  activeOf(runId: RunId): TrainingRun | null {
    return this.#active?.recorder.record.runId === runId ? this.#active : null;
  }

  /**
   * @param trial of a sweep; its arguments take the place of the setup's.
   * @throws StudioError where parts do not fit, another run trains, or storage refuses; nothing is stored then.
   */
  async start(
    given: RunSetup,
    { model, data, origin }: OpenedParts,
    { connection, trial, work }: { connection?: HubConnection | undefined; trial?: TrialStart; work?: WorkOptions },
  ): Promise<Launched> {
    const arguments_ = parsedArguments(given);
    const hub = await this.#hubFor(arguments_, connection);
    const prepared = await prepareOpened(
      { setup: given, model, data, features: await this.#studio.features(model, data) },
      work,
    );
    const runId = crypto.randomUUID() as RunId;
    return this.#claiming(runId, async (release) => {
      await this.#studio.device();
      const stores = await this.#studio.stores();
      await storeRunAssets(stores.runs, runId, model, data);
      const { modelId: _model, dataId: _data, ...setup } = withoutTokens(given);
      const now = Date.now();
      const record: RunRecord = {
        runId,
        name: setup.name,
        createdAt: now,
        updatedAt: now,
        step: 0,
        maxSteps: 0,
        activeMs: 0,
        setup,
        state: { status: 'preparing', phase: 'loading' },
        labels: prepared.labels,
        problemType: prepared.problemType,
        modelName: model.name,
        dataName: data.name,
        notices: [],
        reading: data.reading,
        origin,
      };
      await stores.runs.put(record);
      return this.#begin({ record, release, model, data: prepared, arguments_, stores, resumeFrom: null, hub, trial });
    });
  }

  /** From the given checkpoint, else the latest, else from the beginning. @throws as `start`. */
  async resume(
    runId: RunId,
    {
      checkpointId,
      changes,
      hub: connection,
      trial,
    }: Omit<Requests['run/resume']['params'], 'runId'> & { readonly trial?: TrialStart },
  ): Promise<Launched> {
    return this.#claiming(runId, async (release) => {
      await this.#studio.device();
      const stores = await this.#studio.stores();
      const record = withChangedArguments(await this.#studio.record(runId), changes ?? {});
      const arguments_ = parsedArguments(record.setup);
      const hub = await this.#hubFor(arguments_, connection);
      const model = await this.#studio.modelOfRun(record);
      const data = await loadRunData(stores.runs, record);
      const prepared = await prepareOpened({
        setup: record.setup,
        model,
        data,
        features: await this.#studio.features(model, data),
      });
      const resumeFrom: StoredCheckpoint | null = checkpointId
        ? await stores.checkpoints.open(runId, checkpointId)
        : await latestCheckpoint(stores.checkpoints, runId);
      const step = resumeFrom?.manifest.step ?? 0;
      // What was logged after the checkpoint happens again.
      await stores.runs.truncateLog(runId, step);
      const parts = { release, model, data: prepared, arguments_, stores, resumeFrom, hub, trial };
      return this.#begin({ record: { ...record, step }, ...parts });
    });
  }

  /** For work that must not stand in the way of training. @throws StudioError E-BUSY while a run trains. */
  whileIdle<T>(work: () => Promise<T>): Promise<T> {
    if (this.#active) throw busy();
    return work();
  }

  async #hubFor(
    { args }: ReturnType<typeof parsedArguments>,
    given: HubConnection | undefined,
  ): Promise<TrainingRunParts['hub']> {
    const connection = connectionFor(args, given);
    return connection && { connection, device: await this.#studio.device() };
  }

  async #claiming<T>(runId: RunId, work: (release: () => void) => Promise<T>): Promise<T> {
    if (this.#active) throw busy();
    const release = await takeTrainerLock(runId);
    try {
      return await work(release);
    } catch (error) {
      release();
      throw error;
    }
  }

  #begin(parts: {
    readonly record: RunRecord;
    readonly release: () => void;
    readonly model: OpenedModel;
    readonly data: Awaited<ReturnType<typeof prepareOpened>>;
    readonly arguments_: ReturnType<typeof parsedArguments>;
    readonly stores: RunStores;
    readonly resumeFrom: StoredCheckpoint | null;
    readonly hub: TrainingRunParts['hub'];
    readonly trial: TrialStart | undefined;
  }): Launched {
    const { record, release, model, data, arguments_, stores, resumeFrom, hub, trial } = parts;
    const run = new TrainingRun({
      recorder: new RunRecorder(stores.runs, this.#studio.emit, record),
      model,
      data,
      args: arguments_.args,
      rawArguments: arguments_.raw,
      store: stores.checkpoints,
      resumeFrom,
      hub,
      trial: trial ?? null,
    });
    this.#active = run;
    const ended = run.run().finally(() => {
      this.#active = null;
      release();
    });
    return { run, step: record.step, ended };
  }
}

export const busy = (): StudioError =>
  new StudioError('E-BUSY', msg`A run is in training already.`, {
    hint: msg`Stop it, or wait for its end.`,
    safe: msg`Nothing was changed.`,
  });
