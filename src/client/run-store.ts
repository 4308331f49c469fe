// One run as the page sees it: an external store for React (`subscribe`, `getSnapshot`), fed by run events.
// Points of curves stay in columns; a snapshot only carries their version. Made by `run-library.ts`.

import type { CheckpointSummary, RunDetail, RunEvent, RunNotice, RunSample, RunSummary } from '#protocol/messages.ts';
import type { LogEntry, RunMeasure, RunProgress } from '#protocol/metrics.ts';
import { isActive } from '#protocol/run-state.ts';
import { MetricColumns } from './metric-columns.ts';
import { Throttle } from './throttle.ts';
import type { EventOrigin } from './trainer-client.ts';

export interface RunSnapshot {
  readonly summary: RunSummary;
  readonly detail: Pick<RunDetail, 'setup' | 'labels' | 'problemType' | 'origin' | 'parent' | 'card'>;
  readonly progress: RunProgress | null;
  readonly checkpoints: readonly CheckpointSummary[];
  readonly notices: readonly RunNotice[];
  readonly samples: readonly RunSample[];
  /** Where resuming would go on; null when nothing was saved. */
  readonly resumeStep: number | null;
  /** All log entries so far; the array grows in place, so compare `logLength`. */
  readonly log: readonly LogEntry[];
  readonly logLength: number;
  /** Grows with the columns, which stay the same object. */
  readonly columnsVersion: number;
  readonly columns: MetricColumns;
}

export class RunStore {
  #snapshot: RunSnapshot;
  #log: LogEntry[] = [];
  #columns = new MetricColumns();
  #seen = new Set<string>();
  #measuredStep = -1;
  /** Columns that were thrown away have other versions than those that took their place. */
  #replaced = 0;
  readonly #listeners = new Set<() => void>();
  readonly #throttle: Throttle;
  #pending: Partial<RunSnapshot> = {};

  constructor(detail: RunDetail, intervalMs = 250) {
    this.#throttle = new Throttle(() => this.#publish(), intervalMs);
    this.#snapshot = this.#fromDetail(detail);
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getSnapshot = (): RunSnapshot => this.#snapshot;

  /** Takes the worker's full account in place of what was gathered, as after a resume. */
  replace(detail: RunDetail): void {
    this.#pending = {};
    this.#snapshot = this.#fromDetail(detail);
    this.#throttle.fire();
  }

  apply(event: RunEvent, origin: EventOrigin): void {
    switch (event.type) {
      case 'run/state': {
        const owner = isActive(event.state) ? origin : 'none';
        // Rare, and what buttons hang on: told at once.
        this.#pending = { ...this.#pending, summary: { ...this.#latest('summary'), state: event.state, owner } };
        this.#throttle.fire();
        break;
      }
      case 'run/progress': {
        const { step, maxSteps } = event.progress;
        this.#change({ progress: event.progress, summary: { ...this.#latest('summary'), step, maxSteps } });
        break;
      }
      case 'run/log':
        this.#append(event.entries);
        this.#change({ logLength: this.#log.length, columnsVersion: this.#latest('columnsVersion') + 1 });
        break;
      case 'run/measures':
        this.#measure(event.measures);
        this.#change({ columnsVersion: this.#latest('columnsVersion') + 1 });
        break;
      case 'run/checkpoints':
        this.#change({ checkpoints: event.checkpoints, resumeStep: lastResumable(event.checkpoints) });
        break;
      case 'run/samples':
        this.#change({ samples: withSamples(this.#latest('samples'), event.samples) });
        break;
      case 'run/notice':
        this.#change({ notices: withNotice(this.#latest('notices'), event.notice) });
        break;
      default:
        event satisfies never;
    }
  }

  #fromDetail(detail: RunDetail): RunSnapshot {
    this.#log = [];
    this.#columns = new MetricColumns();
    this.#seen = new Set();
    this.#measuredStep = -1;
    this.#append(detail.log);
    this.#measure(detail.measures);
    const {
      summary,
      progress,
      checkpoints,
      notices,
      resumeStep,
      setup,
      labels,
      problemType,
      origin,
      parent,
      card,
      samples,
    } = detail;
    const shown = {
      summary,
      progress,
      checkpoints,
      notices,
      resumeStep,
      samples,
      detail: { setup, labels, problemType, origin, parent, card },
    };
    const columnsVersion = ++this.#replaced * 1e9;
    return { ...shown, log: this.#log, logLength: this.#log.length, columnsVersion, columns: this.#columns };
  }

  /** Opening a run and its first events overlap, so the same entry can come twice. */
  #append(entries: readonly LogEntry[]): void {
    for (const entry of entries) {
      const key = `${entry.step} ${Object.keys(entry).join()}`;
      if (this.#seen.has(key)) continue;
      this.#seen.add(key);
      this.#log.push(entry);
      this.#columns.append(entry);
    }
  }

  /** Measures come in order, and those of a step that is known already come again. */
  #measure(measures: readonly RunMeasure[]): void {
    for (const measure of measures) {
      if (measure.step <= this.#measuredStep) continue;
      this.#measuredStep = measure.step;
      this.#columns.appendMeasure(measure);
    }
  }

  #latest<K extends keyof RunSnapshot>(key: K): RunSnapshot[K] {
    return { ...this.#snapshot, ...this.#pending }[key];
  }

  #change(change: Partial<RunSnapshot>): void {
    this.#pending = { ...this.#pending, ...change };
    this.#throttle.request();
  }

  #publish(): void {
    this.#snapshot = { ...this.#snapshot, ...this.#pending };
    this.#pending = {};
    for (const listener of this.#listeners) listener();
  }
}

function lastResumable(checkpoints: readonly CheckpointSummary[]): number | null {
  const steps = checkpoints.filter((checkpoint) => !checkpoint.modelOnly).map((checkpoint) => checkpoint.step);
  return steps.length > 0 ? Math.max(...steps) : null;
}

/** Those that came already come again with the account of the run. */
function withSamples(known: readonly RunSample[], added: readonly RunSample[]): readonly RunSample[] {
  const isNew = ({ step, input }: RunSample): boolean =>
    !known.some((other) => other.step === step && other.input === input);
  return [...known, ...added.filter(isNew)];
}

/** The first events of a run can come twice, by the worker and by the channel. */
function withNotice(notices: readonly RunNotice[], notice: RunNotice): readonly RunNotice[] {
  const known = notices.some((other) => other.at === notice.at && other.message === notice.message);
  return known ? notices : [...notices, notice];
}
