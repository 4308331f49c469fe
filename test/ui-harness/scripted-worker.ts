// Plays the worker: answers every request, and "trains" by a timer. `scene` picks what is told.

import type { WorkerLike } from '#client/trainer-client.ts';
import type { WireError } from '#protocol/errors.ts';
import type { RunId } from '#protocol/ids.ts';
import type { RunDetail, RunEvent, RunSetup, WorkerCommand, WorkerEvent } from '#protocol/messages.ts';
import type { LogEntry } from '#protocol/metrics.ts';
import { computeRunPlan } from '#protocol/run-plan.ts';
import type { RunState } from '#protocol/run-state.ts';
import { parseTrainingArguments } from '#protocol/training-arguments.ts';
import { HUB_HITS, hubDownloads, hubInfo } from './hub-scenes.ts';
import {
  checkpointAt,
  DATA,
  DEVICE,
  EXAMINATION,
  EXAMPLES,
  entryAt,
  evaluationAt,
  isLogged,
  LABELS,
  MEMORY,
  MODEL,
  NO_WEBGPU,
  progressAt,
  runInScene,
  SWEEP,
  stepsOf,
  viewedRow,
} from './scenes.ts';

const TICK_MS = 60;

export class ScriptedWorker implements WorkerLike {
  readonly #scene: string;
  readonly #listeners: ((event: MessageEvent<WorkerEvent>) => void)[] = [];
  readonly #runs = new Map<RunId, RunDetail>();
  #training: { id: RunId; step: number; paused: boolean; maxSteps: number; every: number } | null = null;

  constructor(scene: string) {
    this.#scene = scene;
    const scenes =
      scene === 'empty' || scene === 'no-webgpu'
        ? []
        : scene === 'live'
          ? ['interrupted', 'completed', 'failed']
          : [scene];
    for (const name of scenes) this.#runs.set(name as RunId, runInScene(name, name));
    if (scene === 'long') this.#begin(scene as RunId, stepsOf(scene).step);
    setInterval(() => this.#tick(), TICK_MS);
  }

  addEventListener(type: string, listener: (event: never) => void): void {
    if (type === 'message') this.#listeners.push(listener as (event: MessageEvent<WorkerEvent>) => void);
  }

  terminate(): void {
    this.#training = null;
  }

  postMessage(command: WorkerCommand): void {
    setTimeout(() => {
      const { requestId } = command;
      try {
        this.#say({ type: 'response', requestId, ok: true, result: this.#answer(command) });
      } catch (thrown) {
        this.#say({ type: 'response', requestId, ok: false, error: thrown as WireError });
      }
    }, 40);
  }

  #say(data: WorkerEvent): void {
    for (const listener of this.#listeners) listener(new MessageEvent('message', { data }));
  }

  #tell(event: RunEvent): void {
    this.#say(event);
  }

  #answer(command: WorkerCommand): unknown {
    switch (command.type) {
      case 'device/profile':
        return this.#scene === 'no-webgpu' ? NO_WEBGPU : DEVICE;
      case 'storage/estimate':
        return { usage: 212_000_000, quota: 10_737_418_240, persisted: false };
      case 'model/open':
        if (command.params.source.kind === 'files') throw MODEL_FAULT;
        return MODEL;
      case 'data/open':
        if (command.params.source.kind === 'files') throw DATA_FAULT;
        return DATA;
      case 'data/view-row':
        return viewedRow(Math.min(command.params.index, 1439));
      case 'data/examine':
        return EXAMINATION;
      case 'run/plan':
        return this.#plan(command.params.setup);
      case 'run/start':
        return this.#start(command.params.setup);
      case 'run/list':
        return [...this.#runs.values()].map((run) => run.summary);
      case 'run/open':
        return this.#detail(command.params.runId);
      case 'run/resume':
        this.#begin(command.params.runId, 180);
        return { step: 180 };
      case 'run/pause':
        this.#pause(true);
        return {};
      case 'run/continue':
        this.#pause(false);
        return {};
      case 'run/stop':
        this.#stop(command.params.save);
        return {};
      case 'checkpoint/export':
      case 'checkpoint/continue-elsewhere':
        return { file: new Blob(['zip']), fileName: 'checkpoint.zip', bytes: 3 };
      case 'checkpoint/predict':
        return [
          {
            kind: 'labels',
            scores: [0.71, 0.18, 0.07, 0.04],
            labels: LABELS,
            tokens: ['[CLS]', 'what', 'a', 'day', '[SEP]'],
          },
        ];
      case 'checkpoint/examples':
        return { examples: EXAMPLES, total: 160 };
      case 'checkpoint/card':
        return { text: '---\nlibrary_name: transformers\n---\n\n# feelings\n\nThis model is a fine-tuned version.' };
      case 'run/batch':
        return EXAMPLES.map(({ row, text, label }) => ({ row: 40 + row, text, label }));
      case 'storage/runs':
        return [...this.#runs.values()].map(({ summary: { runId, name, modelName, dataName, bytes } }) => ({
          runId,
          name,
          modelName,
          dataName,
          checkpoints: bytes,
          model: 11_400_000,
          data: 210_000,
        }));
      case 'sweep/list':
        return this.#scene === 'empty' ? [] : [SWEEP];
      case 'network/requests':
        return [];
      case 'features/list':
        return [{ key: 'a', name: 'feelings.csv', bytes: 1_900_000, usedAt: Date.UTC(2026, 10, 23, 9, 31) }];
      case 'hub/search':
        return HUB_HITS;
      case 'hub/info':
        return hubInfo(command.params.repo);
      case 'hub/list':
        return hubDownloads();
      case 'hub/download':
      case 'hub/push':
        throw HUB_FAULT;
      default:
        return {};
    }
  }

  #plan({ trainingArguments }: RunSetup): unknown {
    const parsed = parseTrainingArguments(trainingArguments);
    if (!parsed.ok) throw { code: 'E-ARGS', message: parsed.issues[0]?.message ?? '' };
    return computeRunPlan({
      trainSamples: 1440,
      args: parsed.args,
      checkpointBytes: 34_120_000,
      memory: MEMORY,
      schedule: (s, { maxSteps }) => 1 - s / maxSteps,
    });
  }

  #start(setup: RunSetup): { runId: RunId } {
    const runId = `run-${this.#runs.size}` as RunId;
    const detail = runInScene('live', runId);
    const summary = { ...detail.summary, name: setup.name, step: 0, createdAt: Date.UTC(2026, 10, 23, 10), bytes: 0 };
    this.#runs.set(runId, { ...detail, summary, setup, log: [], checkpoints: [], progress: null, resumeStep: null });
    this.#begin(runId, 0);
    return { runId };
  }

  /** A copy, as a message would be one. */
  #detail(runId: RunId): RunDetail {
    const run = this.#open(runId);
    return { ...run, log: [...run.log] };
  }

  #open(runId: RunId): RunDetail {
    const run = this.#runs.get(runId);
    if (!run)
      throw {
        code: 'E-STATE',
        message: `There is no run ${runId} in this browser.`,
        hint: 'It may have been deleted.',
      };
    return run;
  }

  #begin(id: RunId, step: number): void {
    const { maxSteps, every } = stepsOf(id);
    this.#training = { id, step, paused: false, maxSteps, every };
    const run = this.#open(id);
    this.#runs.set(id, {
      ...run,
      log: run.log.filter((entry) => entry.step <= step),
      summary: { ...run.summary, step },
    });
    this.#state({ status: 'training' });
  }

  #state(state: RunState): void {
    if (!this.#training) return;
    const { id } = this.#training;
    const run = this.#open(id);
    const owner = state.status === 'training' || state.status === 'paused' ? 'this-tab' : 'none';
    this.#runs.set(id, { ...run, summary: { ...run.summary, state, owner } });
    this.#tell({ type: 'run/state', runId: id, state });
  }

  #pause(paused: boolean): void {
    if (this.#training) this.#training.paused = paused;
    this.#state(paused ? { status: 'paused', reason: 'user' } : { status: 'training' });
  }

  #stop(saved: boolean): void {
    this.#state({ status: 'stopped', step: this.#training?.step ?? 0, saved });
    this.#training = null;
  }

  #tick(): void {
    const training = this.#training;
    if (!training || training.paused) return;
    const step = ++training.step;
    const { id, maxSteps, every } = training;
    const entries = [
      ...(isLogged(step, every) ? [entryAt(step)] : []),
      ...(step % 90 === 0 ? [evaluationAt(step)] : []),
    ];
    const run = this.#open(id);
    const saved =
      step % 90 === 0
        ? [90, 180, 270].filter((end) => end <= step).map((end) => checkpointAt(end, end === step, end === step))
        : null;
    // In place: a copy of a long log would be time of the page's thread that the studio does not take.
    (run.log as LogEntry[]).push(...entries);
    this.#runs.set(id, {
      ...run,
      progress: progressAt(step, maxSteps),
      summary: { ...run.summary, step },
      checkpoints: saved ?? run.checkpoints,
    });
    if (entries.length > 0) this.#tell({ type: 'run/log', runId: id, entries });
    this.#tell({ type: 'run/progress', runId: id, progress: progressAt(step, maxSteps) });
    if (saved) this.#tell({ type: 'run/checkpoints', runId: id, checkpoints: saved });
    if (step >= maxSteps) {
      this.#state({ status: 'completed' });
      this.#training = null;
    }
  }
}

const MODEL_FAULT: WireError = {
  code: 'E-MODEL-FORMAT',
  message: 'model.safetensors is cut short: its header speaks of 5,700,112 bytes, the file has 1,024.',
  where: 'my-model/model.safetensors',
  hint: 'Download the file again.',
  safe: 'Nothing was changed.',
};

const HUB_FAULT: WireError = {
  code: 'E-HUB-ACCESS',
  message: 'The model google/gemma-3-270m is gated: its owners want their terms accepted first.',
  where: 'https://huggingface.co/google/gemma-3-270m/resolve/main/config.json',
  hint: 'Open https://huggingface.co/google/gemma-3-270m, log in and accept the terms.',
  safe: 'Nothing was changed.',
};

const DATA_FAULT: WireError = {
  code: 'E-DATA-FORMAT',
  message: 'A quoted field never closes.',
  where: 'train.csv, line 1,204: "he said ""hi…',
  hint: 'Close the quote or double it, then drop the file again.',
  safe: 'The file itself was not changed.',
};
