// Keeps the stored record of a run true while it goes, and tells the page and other tabs what happens.

import type { RunId } from '#protocol/ids.ts';
import type { CheckpointSummary, RunEvent, RunEventKind, RunNotice, RunSample } from '#protocol/messages.ts';
import type { LogEntry, RunMeasure, RunProgress } from '#protocol/metrics.ts';
import type { RunState } from '#protocol/run-state.ts';
import type { CheckpointManifest } from '#storage/checkpoint-store.ts';
import type { IdbRunStore } from '#storage/run-store.ts';
import type { RunRecord } from '#storage/schema.ts';
import { msg } from '#util/msg.ts';

export type EmitRunEvent = (event: RunEvent) => void;

/** Milliseconds between progress events, and between writes of the record. */
const PROGRESS_EVERY = 250;
const RECORD_EVERY = 2000;
/** Of all evaluations together: what is stored with every change of the run must stay small. */
const MOST_SAMPLES = 600;

export class RunRecorder {
  readonly #store: IdbRunStore;
  readonly #emit: EmitRunEvent;
  #record: RunRecord;
  #progress: RunProgress | null = null;
  #progressAt = 0;
  #recordedAt = 0;
  #pending: LogEntry[] = [];
  #pendingMeasures: RunMeasure[] = [];
  #writing: Promise<void> = Promise.resolve();

  constructor(store: IdbRunStore, emit: EmitRunEvent, record: RunRecord) {
    this.#store = store;
    this.#emit = emit;
    this.#record = record;
  }

  get record(): RunRecord {
    return this.#record;
  }

  get progress(): RunProgress | null {
    return this.#progress;
  }

  get #runId(): RunId {
    return this.#record.runId;
  }

  setState(state: RunState): void {
    this.#record = { ...this.#record, state };
    this.#emit({ type: 'run/state', runId: this.#runId, state });
    this.#write();
  }

  /** @param due send it although the last one was just sent. */
  setProgress(progress: RunProgress, due: boolean): void {
    this.#progress = progress;
    this.#record = { ...this.#record, step: progress.step, maxSteps: progress.maxSteps, activeMs: progress.activeMs };
    const now = performance.now();
    if (due || now - this.#progressAt >= PROGRESS_EVERY) {
      this.#progressAt = now;
      this.#emit({ type: 'run/progress', runId: this.#runId, progress });
    }
    if (now - this.#recordedAt >= RECORD_EVERY) this.#write();
  }

  log(entry: LogEntry): void {
    this.#pending.push(entry);
    this.#emit({ type: 'run/log', runId: this.#runId, entries: [entry] });
    this.#write();
  }

  measure(measure: RunMeasure): void {
    this.#pendingMeasures.push(measure);
    this.#emit({ type: 'run/measures', runId: this.#runId, measures: [measure] });
    this.#write();
  }

  /** @param kind of what is marked on the charts. */
  notice(level: RunNotice['level'], message: string, kind?: RunEventKind): void {
    const notice: RunNotice = { at: Date.now(), step: this.#record.step, level, message, ...(kind ? { kind } : {}) };
    this.#record = { ...this.#record, notices: [...this.#record.notices, notice] };
    this.#emit({ type: 'run/notice', runId: this.#runId, notice });
    this.#write();
  }

  samples(added: readonly RunSample[]): void {
    const isOld = (sample: RunSample): boolean =>
      added.some((other) => other.step === sample.step && other.input === sample.input);
    const kept = (this.#record.samples ?? []).filter((sample) => !isOld(sample));
    this.#record = { ...this.#record, samples: [...kept, ...added].slice(-MOST_SAMPLES) };
    this.#emit({ type: 'run/samples', runId: this.#runId, samples: added });
    this.#write();
  }

  /** What a person changed of the run, or what it goes on and is resumed with. */
  change(changed: Partial<Pick<RunRecord, 'name' | 'card' | 'setup'>>): void {
    this.#record = { ...this.#record, ...changed };
    this.#write();
  }

  checkpoints(checkpoints: readonly CheckpointSummary[]): void {
    this.#emit({ type: 'run/checkpoints', runId: this.#runId, checkpoints });
  }

  /** Waits until all of it is stored. @throws what storing failed with. */
  flush(): Promise<void> {
    return this.#writing;
  }

  /** Writes go one after another; a failed one does not keep later ones from being tried. */
  #write(): void {
    this.#recordedAt = performance.now();
    const [entries, measures] = [this.#pending, this.#pendingMeasures];
    this.#pending = [];
    this.#pendingMeasures = [];
    const earlier = this.#writing.catch(() => undefined);
    this.#writing = earlier.then(async () => {
      await this.#store.put({ ...this.#record, updatedAt: Date.now() });
      await this.#store.appendLog(this.#runId, entries, measures);
    });
    this.#writing.catch((error: unknown) => {
      this.#pending = [...entries, ...this.#pending];
      this.#pendingMeasures = [...measures, ...this.#pendingMeasures];
      console.error(msg`the run could not be recorded`, error);
    });
  }
}

/** What the page is shown of stored checkpoints. */
export function summarizeCheckpoints(manifests: readonly CheckpointManifest[]): CheckpointSummary[] {
  const latest = manifests.filter(({ modelOnly, name }) => !modelOnly && name !== 'final').at(-1);
  return manifests.map(
    ({ checkpointId, name, step, epoch, byteLength, savedAt, metrics, isBest, modelOnly, pinned }) => ({
      checkpointId,
      name,
      step,
      epoch,
      bytes: byteLength,
      savedAt,
      metrics,
      isBest,
      isLatest: checkpointId === latest?.checkpointId,
      modelOnly,
      isPinned: pinned ?? false,
    }),
  );
}
