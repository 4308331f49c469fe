// The worker's side of every request: opened models and data, the run in training, stored runs. One object, one handler
// per request; a request without a handler does not compile.

import { ColumnCounter } from '#data/column-summary.ts';
import { openModelFiles } from '#formats/model-files.ts';
import { type Engine, initializeEngine } from '#gpu/initialize.ts';
import { allowNetwork } from '#hub/network-gate.ts';
import type { HubProgressEvent, HubRevision } from '#protocol/hub-messages.ts';
import type { CheckpointId, DataId, ModelId, RunId } from '#protocol/ids.ts';
import type {
  DataProgressEvent,
  DataSource,
  DataSummary,
  GenerationEvent,
  ModelSource,
  ModelSummary,
  Requests,
  RequestType,
  RunDetail,
  RunPlan,
  RunSetup,
  RunSummary,
  TaskSetup,
} from '#protocol/messages.ts';
import { isActive, type RunState } from '#protocol/run-state.ts';
import type { SweepEvent } from '#protocol/sweep-messages.ts';
import type { RunRecord } from '#storage/schema.ts';
import { msg } from '#util/msg.ts';
import { splitNameOf } from '#util/shards.ts';
import { StudioError } from '#util/studio-error.ts';
import { continueElsewhereHandlers } from './continue-elsewhere-handlers.ts';
import { DataJobs } from './data-jobs.ts';
import { describeDevice, deviceProfile } from './device-profile.ts';
import { exportCheckpoint, saveToFolder } from './export-checkpoint.ts';
import { openHubFiles, openHubModel } from './hub-downloads.ts';
import { hubHandlers } from './hub-handlers.ts';
import { inspectionHandlers } from './inspection-handlers.ts';
import { keptFeatures } from './kept-features.ts';
import { libraryHandlers } from './library-handlers.ts';
import { measureRun } from './measure-run.ts';
import { folderName, summarizeModel } from './model-summary.ts';
import { networkRequests } from './network-requests.ts';
import { type DataFiles, type OpenedData, openData, readingOf, summarizeData } from './open-data.ts';
import { type OpenedModel, openModel } from './opened-model.ts';
import { planRun } from './plan-run.ts';
import { Predictor } from './predict.ts';
import { examineOpened, type TaskParts, viewOpened } from './prepare-task.ts';
import { loadRunData, loadRunModel } from './run-assets.ts';
import { runCommandHandlers } from './run-command-handlers.ts';
import { type OpenedParts, RunLauncher } from './run-launcher.ts';
import { runsInTraining, whileCopying } from './run-lock.ts';
import { type EmitRunEvent, summarizeCheckpoints } from './run-recorder.ts';
import { SAMPLE_MODEL_NAME, Sample } from './sample.ts';
import { openStores, type Stores } from './stores.ts';
import { Sweeps } from './sweeps.ts';
import type { TrainingRun } from './training-run.ts';
import { tuneDevice } from './tune-device.ts';

type Handlers = { readonly [T in RequestType]: (params: Requests[T]['params']) => Promise<Requests[T]['result']> };

export class Studio {
  readonly handlers: Handlers;
  readonly #emit: EmitRunEvent;
  readonly #sample = new Sample();
  readonly #predictor = new Predictor();
  readonly #models = new Map<ModelId, OpenedModel>();
  readonly #data = new Map<DataId, OpenedData>();
  /** Of the opened models and data that come from the Hub. */
  readonly #origins = new Map<ModelId | DataId, HubRevision>();
  readonly #runModels = new Map<RunId, Promise<OpenedModel>>();
  readonly #jobs: DataJobs;
  readonly #stoppedGenerations = new Set<string>();
  #engine: Promise<Engine> | null = null;
  #stores: Promise<Stores> | null = null;
  readonly #launcher: RunLauncher;

  constructor(
    emit: EmitRunEvent,
    tell: (event: HubProgressEvent | DataProgressEvent | GenerationEvent | SweepEvent) => void,
  ) {
    this.#emit = emit;
    this.#jobs = new DataJobs(tell);
    this.#sample.prefetch();
    const dataOfRun = async (record: RunRecord) => loadRunData((await this.#storesReady()).runs, record);
    const features = async (model: OpenedModel, data: OpenedData) =>
      keptFeatures((await this.#storesReady()).features, model, data);
    this.#launcher = new RunLauncher({
      emit,
      stores: () => this.#storesReady(),
      device: async () => {
        const engine = await this.#engineReady();
        await tuneDevice(engine, (await this.#storesReady()).tuning);
        return describeDevice(deviceProfile(engine));
      },
      record: (runId) => this.#record(runId),
      modelOfRun: (record) => this.#modelOfRun(record),
      features,
    });
    const sweeps = new Sweeps({
      launcher: this.#launcher,
      store: async () => (await this.#storesReady()).sweeps,
      opened: (setup) => this.#opened(setup),
      openedOfRun: async (runId) => {
        const record = await this.#record(runId);
        const origin = record.origin ?? { model: null, data: null };
        return { model: await this.#modelOfRun(record), data: await dataOfRun(record), origin };
      },
      emit: tell,
    });
    this.handlers = {
      ...sweeps.handlers,
      ...hubHandlers({
        emit: tell,
        downloads: async () => (await this.#storesReady()).downloads,
        checkpoint: (runId, checkpointId) => this.#checkpoint(runId, checkpointId),
      }),
      ...continueElsewhereHandlers({
        checkpoint: (runId, checkpointId) => this.#checkpoint(runId, checkpointId),
        modelOfRun: (record) => this.#modelOfRun(record),
        dataOfRun,
      }),
      ...inspectionHandlers({
        record: (runId) => this.#record(runId),
        checkpoint: (runId, checkpointId) => this.#checkpoint(runId, checkpointId),
        modelOfRun: (record) => this.#modelOfRun(record),
        dataOfRun,
        features,
        predictor: this.#predictor,
      }),
      ...libraryHandlers({
        stores: () => this.#storesReady(),
        record: (runId) => this.#record(runId),
        changeRecord: (runId, change) => this.#changeRecord(runId, change),
        checkpoint: (runId, checkpointId) => this.#checkpoint(runId, checkpointId),
        tellCheckpoints: (runId) => this.#tellCheckpoints(runId),
        whileCopying,
      }),
      'device/profile': async () => deviceProfile(await this.#engineReady()),
      'model/open': ({ source }) => this.#openModel(source),
      'data/open': ({ jobId, source }) => this.#openData(jobId, source),
      'data/examine': ({ jobId, task }) =>
        this.#jobs.run(jobId, 'examining', async (work) => examineOpened(await this.#partsOf(task), work)),
      'data/cancel': async ({ jobId }) => {
        this.#jobs.cancel(jobId);
        return {};
      },
      'data/view-row': async ({ task, ...question }) => viewOpened(await this.#partsOf(task), question),
      'run/plan': ({ setup }) => this.#plan(setup),
      'run/measure': async ({ setup }) => {
        await this.#engineReady();
        const parts = await this.#partsOf(setup);
        return this.#launcher.whileIdle(() => measureRun(parts));
      },
      'run/start': ({ setup, hub, jobId }) =>
        this.#jobs.run(jobId, 'tokenizing', async (work) => {
          const { run } = await this.#launcher.start(setup, this.#opened(setup), { connection: hub, work });
          return { runId: run.recorder.record.runId };
        }),
      'run/resume': async ({ runId, ...how }) => {
        const { step } = await this.#launcher.resume(runId, how);
        return { step };
      },
      ...runCommandHandlers((runId) => this.#activeRun(runId)),
      'run/list': () => this.#list(),
      'run/open': ({ runId }) => this.#open(runId),
      'run/delete': ({ runId }) => this.#deleteRun(runId),
      'checkpoint/delete': ({ runId, checkpointId }) => this.#deleteCheckpoint(runId, checkpointId),
      'checkpoint/export': async ({ runId, checkpointId, target, merged = false }) => {
        const { stored, record, device } = await this.#checkpoint(runId, checkpointId);
        const base = merged ? await this.#modelOfRun(record) : null;
        return exportCheckpoint(stored, record, device, target, base);
      },
      'checkpoint/save-to-folder': async ({ runId, checkpointId, folder }) => {
        const { stored, record, device } = await this.#checkpoint(runId, checkpointId);
        return { bytes: await saveToFolder(stored, record, device, folder) };
      },
      'checkpoint/predict': async ({ runId, checkpointId, inputs }) => {
        const { stored, record } = await this.#tried(runId, checkpointId);
        return this.#predictor.predict(stored, record, await this.#modelOfRun(record), inputs);
      },
      'checkpoint/generate': async ({ runId, checkpointId, generationId, ...request }) => {
        const { stored, record } = await this.#tried(runId, checkpointId);
        const started = performance.now();
        const onText = (text: string): boolean => {
          tell({ type: 'generation', generationId, text });
          return !this.#stoppedGenerations.delete(generationId);
        };
        const model = await this.#modelOfRun(record);
        const written = await this.#predictor.generate(stored, record, model, request, onText);
        return { ...written, milliseconds: performance.now() - started };
      },
      'checkpoint/stop-generating': async ({ generationId }) => {
        this.#stoppedGenerations.add(generationId);
        return {};
      },
      'network/requests': async () => networkRequests(),
      'network/allow': async ({ allowed }) => {
        allowNetwork(allowed);
        return {};
      },
      'storage/estimate': async () => {
        const { usage = 0, quota = 0 } = await navigator.storage.estimate();
        return { usage, quota, persisted: await navigator.storage.persisted() };
      },
    };
  }

  #engineReady(): Promise<Engine> {
    this.#engine ??= initializeEngine();
    return this.#engine;
  }

  #storesReady(): Promise<Stores> {
    this.#stores ??= openStores();
    // A refused database may open at the next attempt.
    this.#stores.catch(() => {
      this.#stores = null;
    });
    return this.#stores;
  }

  #model(id: ModelId): OpenedModel {
    return found(this.#models.get(id), msg`The model`);
  }

  #dataOf(id: DataId): OpenedData {
    return found(this.#data.get(id), msg`The data`);
  }

  async #openModel(source: ModelSource): Promise<ModelSummary> {
    const model = await this.#modelFrom(source);
    const modelId = crypto.randomUUID() as ModelId;
    this.#noteOrigin(modelId, source);
    this.#models.set(modelId, model);
    return summarizeModel(modelId, model);
  }

  async #modelFrom(source: ModelSource): Promise<OpenedModel> {
    switch (source.kind) {
      case 'sample':
        return openModel(await this.#sample.model(), SAMPLE_MODEL_NAME);
      case 'files':
        return openModel(await openModelFiles(source.files), folderName(source.files));
      case 'hub':
        return openModel(await openHubModel((await this.#storesReady()).downloads, source), source.repo);
      default:
        return source satisfies never;
    }
  }

  #noteOrigin(id: ModelId | DataId, source: ModelSource | DataSource): void {
    if (source.kind === 'hub') this.#origins.set(id, { repo: source.repo, revision: source.revision });
  }

  async #filesOf(source: DataSource): Promise<Omit<DataFiles, 'reading' | 'entries'>> {
    switch (source.kind) {
      case 'sample': {
        const train = await this.#sample.data();
        return { name: train.path, train: [train], validation: [] };
      }
      case 'files': {
        const { train, validation = [] } = source;
        return { name: splitNameOf(train[0]!.path).split('/').at(-1)!, train, validation };
      }
      case 'hub': {
        const { downloads } = await this.#storesReady();
        const { repo, train, validation = [] } = source;
        return {
          name: repo,
          train: await openHubFiles(downloads, source, train),
          validation: await openHubFiles(downloads, source, validation),
        };
      }
      default:
        return source satisfies never;
    }
  }

  #openData(jobId: string, source: DataSource): Promise<DataSummary> {
    return this.#jobs.run(jobId, 'reading', async (work) => {
      const files = { ...(await this.#filesOf(source)), ...readingOf(source) };
      const counter = new ColumnCounter();
      const data = await openData(files, { ...work, counter });
      const dataId = crypto.randomUUID() as DataId;
      this.#noteOrigin(dataId, source);
      // What was open before is wanted no longer, and would keep rows at hand.
      this.#data.clear();
      this.#data.set(dataId, data);
      return summarizeData(dataId, data, counter);
    });
  }

  async #partsOf<S extends TaskSetup>(setup: S): Promise<TaskParts & { readonly setup: S }> {
    const [model, data] = [this.#model(setup.modelId), this.#dataOf(setup.dataId)];
    return { setup, model, data, features: keptFeatures((await this.#storesReady()).features, model, data) };
  }

  async #plan(setup: RunSetup): Promise<RunPlan> {
    await this.#engineReady();
    return planRun(await this.#partsOf(setup));
  }

  #opened(setup: RunSetup): OpenedParts {
    const origin = {
      model: this.#origins.get(setup.modelId) ?? null,
      data: this.#origins.get(setup.dataId) ?? null,
    };
    return { model: this.#model(setup.modelId), data: this.#dataOf(setup.dataId), origin };
  }

  #activeRun(runId: RunId): TrainingRun {
    const active = this.#launcher.activeOf(runId);
    if (active) return active;
    throw new StudioError('E-STATE', msg`This run is not in training in this tab.`, {
      hint: msg`Resume it first, or go to the tab that trains it.`,
    });
  }

  async #record(runId: RunId): Promise<RunRecord> {
    const { runs } = await this.#storesReady();
    const record = await runs.get(runId);
    if (record) return record;
    throw new StudioError('E-STATE', msg`This run is not stored in this browser.`, {
      hint: msg`It may have been deleted, or the address belongs to another browser.`,
    });
  }

  /** Without a checkpoint the model is what the run began with. */
  async #tried(runId: RunId, checkpointId: CheckpointId | null) {
    await this.#engineReady();
    const { checkpoints } = await this.#storesReady();
    const stored = checkpointId === null ? null : await checkpoints.open(runId, checkpointId);
    return { stored, record: await this.#record(runId) };
  }

  /** What leaving this browser needs, by download or to the Hub. */
  async #checkpoint(runId: RunId, checkpointId: CheckpointId) {
    const { checkpoints } = await this.#storesReady();
    const device = describeDevice(deviceProfile(await this.#engineReady()));
    return { stored: await checkpoints.open(runId, checkpointId), record: await this.#record(runId), device };
  }

  /** The model a run was started with, opened from its stored files once. */
  #modelOfRun({ runId, modelName }: RunRecord): Promise<OpenedModel> {
    const known = this.#runModels.get(runId);
    if (known) return known;
    const opening = this.#storesReady().then(({ runs }) => loadRunModel(runs, runId, modelName));
    this.#runModels.set(runId, opening);
    opening.catch(() => this.#runModels.delete(runId));
    return opening;
  }

  async #list(): Promise<RunSummary[]> {
    const { runs } = await this.#storesReady();
    const training = await runsInTraining();
    const records = await runs.list();
    return Promise.all(records.map((record) => this.#summary(record, training)));
  }

  async #summary(stored: RunRecord, training: ReadonlySet<string>): Promise<RunSummary> {
    const mine = this.#launcher.activeOf(stored.runId)?.recorder.record ?? null;
    const { runId, name, createdAt, updatedAt, state, step, maxSteps, modelName, dataName } = mine ?? stored;
    const { checkpoints } = await this.#storesReady();
    const manifests = await checkpoints.list(runId);
    const owner = mine ? 'this-tab' : training.has(runId) ? 'other-tab' : 'none';
    return {
      runId,
      name,
      createdAt,
      updatedAt,
      step,
      maxSteps,
      modelName,
      dataName,
      owner,
      state: shownState(state, owner),
      bytes: manifests.reduce((sum, { byteLength }) => sum + byteLength, 0),
    };
  }

  async #open(runId: RunId): Promise<RunDetail> {
    const { runs, checkpoints } = await this.#storesReady();
    const active = this.#launcher.activeOf(runId)?.recorder ?? null;
    await active?.flush();
    const record = await this.#record(runId);
    const manifests = await checkpoints.list(runId);
    return {
      summary: await this.#summary(record, await runsInTraining()),
      setup: record.setup,
      labels: record.labels,
      problemType: record.problemType,
      log: await runs.readLog(runId),
      measures: await runs.readMeasures(runId),
      checkpoints: summarizeCheckpoints(manifests),
      progress: active?.progress ?? null,
      resumeStep: manifests.filter(({ modelOnly }) => !modelOnly).at(-1)?.step ?? null,
      notices: (active?.record ?? record).notices,
      origin: record.origin ?? { model: null, data: null },
      samples: (active?.record ?? record).samples ?? [],
      parent: record.parent ?? null,
      card: record.card ?? null,
    };
  }

  async #changeRecord(runId: RunId, change: Partial<Pick<RunRecord, 'name' | 'card'>>): Promise<void> {
    const active = this.#launcher.activeOf(runId);
    if (active) {
      active.recorder.change(change);
      return;
    }
    const { runs } = await this.#storesReady();
    await runs.put({ ...(await this.#record(runId)), ...change });
  }

  async #tellCheckpoints(runId: RunId): Promise<void> {
    const { checkpoints } = await this.#storesReady();
    this.#emit({ type: 'run/checkpoints', runId, checkpoints: summarizeCheckpoints(await checkpoints.list(runId)) });
  }

  async #deleteRun(runId: RunId): Promise<Record<never, never>> {
    await this.#refuseWhileTraining(runId);
    const { runs } = await this.#storesReady();
    this.#predictor.forget();
    this.#runModels.delete(runId);
    await runs.delete(runId);
    return {};
  }

  async #deleteCheckpoint(runId: RunId, checkpointId: CheckpointId): Promise<Record<never, never>> {
    // The tab that trains may delete: that is how room is made when storage is full.
    if (!this.#launcher.activeOf(runId)) await this.#refuseWhileTraining(runId);
    const { checkpoints } = await this.#storesReady();
    this.#predictor.forget();
    await checkpoints.delete(runId, checkpointId);
    await this.#tellCheckpoints(runId);
    return {};
  }

  async #refuseWhileTraining(runId: RunId): Promise<void> {
    if (!(await runsInTraining()).has(runId)) return;
    throw new StudioError('E-BUSY', msg`This run is in training.`, {
      hint: msg`Stop it first.`,
      safe: msg`Nothing was deleted.`,
    });
  }
}

function found<T>(value: T | undefined, what: string): T {
  if (value !== undefined) return value;
  throw new StudioError('E-STATE', msg`${what} is no longer open in this page.`, { hint: msg`Choose it again.` });
}

/** A run that calls itself active while nobody trains it was cut off. */
function shownState(state: RunState, owner: RunSummary['owner']): RunState {
  return isActive(state) && owner === 'none' ? { status: 'interrupted' } : state;
}
