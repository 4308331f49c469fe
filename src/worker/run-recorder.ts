// Keeps the stored record of a run true while it goes, and tells the page and other tabs what happens.

import type { RunId } from '#protocol/ids.ts';
import type { CheckpointSummary, RunEvent, RunNotice } from '#protocol/messages.ts';
import type { LogEntry, RunProgress } from '#protocol/metrics.ts';
import type { RunState } from '#protocol/run-state.ts';
import type { CheckpointManifest } from '#storage/checkpoint-store.ts';
import type { IdbRunStore } from '#storage/run-store.ts';
import type { RunRecord } from '#storage/schema.ts';
import { msg } from '#util/msg.ts';

export type EmitRunEvent = (event: RunEvent) => void;

/** Milliseconds between progress events, and between writes of the record. */
const PROGRESS_EVERY = 250;
const RECORD_EVERY = 2000;

export class RunRecorder {
  readonly #store: IdbRunStore;
  readonly #emit: EmitRunEvent;
  #record: RunRecord;
  #progress: RunProgress | null = null;
  #progressAt = 0;
  #recordedAt = 0;
  #pending: LogEntry[] = [];
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

  notice(level: RunNotice['level'], message: string): void {
    const notice: RunNotice = { at: Date.now(), step: this.#record.step, level, message };
    this.#record = { ...this.#record, notices: [...this.#record.notices, notice] };
    this.#emit({ type: 'run/notice', runId: this.#runId, notice });
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
    const entries = this.#pending;
    this.#pending = [];
    const earlier = this.#writing.catch(() => undefined);
    this.#writing = earlier.then(async () => {
      await this.#store.put({ ...this.#record, updatedAt: Date.now() });
      if (entries.length > 0) await this.#store.appendLog(this.#runId, entries);
    });
    this.#writing.catch((error: unknown) => {
      this.#pending = [...entries, ...this.#pending];
      console.error(msg`the run could not be recorded`, error);
    });
  }
}

/** What the page is shown of stored checkpoints. */
export function summarizeCheckpoints(manifests: readonly CheckpointManifest[]): CheckpointSummary[] {
  const latest = manifests.filter(({ modelOnly, name }) => !modelOnly && name !== 'final').at(-1);
  return manifests.map(({ checkpointId, name, step, epoch, byteLength, savedAt, metrics, isBest, modelOnly }) => ({
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
  }));
}
