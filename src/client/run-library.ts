// All runs of this browser: their summaries for lists, and one store for each run that a page has opened.
// Keeps both up to date from run events. One per page; React reads it by `subscribe` and `getSnapshot`.

import type { RunId } from '#protocol/ids.ts';
import type { RunDetail, RunEvent, RunSummary } from '#protocol/messages.ts';
import { isActive } from '#protocol/run-state.ts';
import { msg } from '#util/msg.ts';
import { RunStore } from './run-store.ts';
import { Throttle } from './throttle.ts';
import type { EventOrigin, TrainerClient } from './trainer-client.ts';

export interface LibrarySnapshot {
  /** Newest first; null until they are read. */
  readonly runs: readonly RunSummary[] | null;
  /** The run that this tab trains. */
  readonly active: RunSummary | null;
}

interface Overtaking {
  readonly event: RunEvent;
  readonly origin: EventOrigin;
}

export class RunLibrary {
  readonly #client: TrainerClient;
  readonly #stores = new Map<RunId, RunStore>();
  readonly #opening = new Map<RunId, Promise<RunStore>>();
  /** One list for each answer on its way: it may have been drawn up before the events that arrive ahead of it. */
  readonly #overtaking = new Set<Overtaking[]>();
  readonly #listeners = new Set<() => void>();
  readonly #throttle: Throttle;
  #runs: readonly RunSummary[] | null = null;
  #snapshot: LibrarySnapshot = { runs: null, active: null };

  constructor(client: TrainerClient, intervalMs = 250) {
    this.#client = client;
    this.#throttle = new Throttle(() => this.#publish(), intervalMs);
    client.subscribe((event, origin) => this.#apply(event, origin));
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly getSnapshot = (): LibrarySnapshot => this.#snapshot;

  /** Reads the list of runs anew. */
  async refresh(): Promise<void> {
    await this.#read(this.#client.request('run/list', {}), (runs, overtaking) => {
      this.#runs = runs.toSorted((a, b) => b.createdAt - a.createdAt);
      for (const { event, origin } of overtaking) this.#applyToList(event, origin);
      this.#throttle.fire();
    });
  }

  /** The store of a run; opened once, then shared. @throws StudioError when there is no such run. */
  open(runId: RunId): Promise<RunStore> {
    const store = this.#stores.get(runId);
    if (store) return Promise.resolve(store);
    const opening = this.#opening.get(runId) ?? this.#openAnew(runId);
    this.#opening.set(runId, opening);
    return opening;
  }

  /** Reads a run anew, as after a resume has thrown away what came after its checkpoint. */
  async reload(runId: RunId): Promise<void> {
    const store = await this.open(runId);
    await this.#readDetail(runId, (detail) => {
      store.replace(detail);
      return store;
    });
  }

  async delete(runId: RunId): Promise<void> {
    await this.#client.request('run/delete', { runId });
    this.#stores.delete(runId);
    await this.refresh();
  }

  async #openAnew(runId: RunId): Promise<RunStore> {
    try {
      const store = await this.#readDetail(runId, (detail) => new RunStore(detail));
      this.#stores.set(runId, store);
      return store;
    } finally {
      this.#opening.delete(runId);
    }
  }

  /** Reads the account of a run, and tells its store again what happened in the meantime. */
  #readDetail(runId: RunId, toStore: (detail: RunDetail) => RunStore): Promise<RunStore> {
    return this.#read(this.#client.request('run/open', { runId }), (detail, overtaking) => {
      const store = toStore(detail);
      for (const { event, origin } of overtaking) if (event.runId === runId) store.apply(event, origin);
      return store;
    });
  }

  async #read<T, R>(answer: Promise<T>, use: (result: T, overtaking: readonly Overtaking[]) => R): Promise<R> {
    const overtaking: Overtaking[] = [];
    this.#overtaking.add(overtaking);
    try {
      return use(await answer, overtaking);
    } finally {
      this.#overtaking.delete(overtaking);
    }
  }

  #apply(event: RunEvent, origin: EventOrigin): void {
    for (const overtaking of this.#overtaking) overtaking.push({ event, origin });
    this.#stores.get(event.runId)?.apply(event, origin);
    this.#applyToList(event, origin);
  }

  #applyToList(event: RunEvent, origin: EventOrigin): void {
    const known = this.#runs?.find((run) => run.runId === event.runId);
    if (!known) {
      // A run that began after the list was read, here or in another tab.
      if (event.type === 'run/state' && this.#runs !== null) void this.refresh().catch(reportLater);
      return;
    }
    const changed = changeSummary(known, event, origin);
    if (changed === known) return;
    this.#runs = this.#runs?.map((run) => (run.runId === event.runId ? changed : run)) ?? null;
    // Changes of state are rare and what the page hangs on; steps can wait.
    if (event.type === 'run/state') this.#throttle.fire();
    else this.#throttle.request();
  }

  #publish(): void {
    const active = this.#runs?.find((run) => run.owner === 'this-tab' && isActive(run.state)) ?? null;
    this.#snapshot = { runs: this.#runs, active };
    for (const listener of this.#listeners) listener();
  }
}

function changeSummary(run: RunSummary, event: RunEvent, origin: EventOrigin): RunSummary {
  if (event.type === 'run/state') {
    return { ...run, state: event.state, owner: isActive(event.state) ? origin : 'none' };
  }
  if (event.type !== 'run/progress') return run;
  const { step, maxSteps } = event.progress;
  return step === run.step && maxSteps === run.maxSteps ? run : { ...run, step, maxSteps };
}

/** A list that can not be refreshed stays as it was; the failure belongs on the console, not in the way of a run. */
function reportLater(error: unknown): void {
  console.warn(msg`The list of runs could not be refreshed.`, error);
}
