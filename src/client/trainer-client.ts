// The page's side of the worker: typed requests, run events from this tab's worker and from other tabs.
// Knows no React. The worker itself is made by `ui`, which owns the address of its script.

import { fromWire, type WireError } from '#protocol/errors.ts';
import type { HubProgressEvent } from '#protocol/hub-messages.ts';
import type {
  BroadcastRunEvent,
  DataProgressEvent,
  GenerationEvent,
  Requests,
  RequestType,
  RunEvent,
  WorkerCommand,
  WorkerEvent,
} from '#protocol/messages.ts';
import type { SweepEvent } from '#protocol/sweep-messages.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';

/** What is used of a Worker; tests and the page for looking at screens bring their own. */
export interface WorkerLike {
  postMessage(message: WorkerCommand): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<WorkerEvent>) => void): void;
  addEventListener(type: 'error' | 'messageerror', listener: (event: Event) => void): void;
  terminate(): void;
}

/** What is used of a BroadcastChannel. */
export interface ChannelLike {
  addEventListener(type: 'message', listener: (event: MessageEvent<BroadcastRunEvent>) => void): void;
  close(): void;
}

/** How run events of other tabs reach this one. */
export interface Broadcast {
  /** Name of this tab's worker: what it broadcasts comes by its messages already. */
  readonly name: string;
  readonly channel: ChannelLike;
}

/** Whether this tab's worker said it, or another tab. */
export type EventOrigin = 'this-tab' | 'other-tab';
export type RunEventListener = (event: RunEvent, origin: EventOrigin) => void;

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: StudioError) => void;
}

export class TrainerClient {
  readonly #worker: WorkerLike;
  readonly #broadcast: Broadcast | null;
  readonly #pending = new Map<number, Pending>();
  readonly #runListeners = new Set<RunEventListener>();
  readonly #generationListeners = new Set<(event: GenerationEvent) => void>();
  readonly #sweepListeners = new Set<(event: SweepEvent) => void>();
  readonly #hubListeners = new Set<(event: HubProgressEvent) => void>();
  readonly #dataListeners = new Set<(event: DataProgressEvent) => void>();
  readonly #crashListeners = new Set<(error: StudioError) => void>();
  #nextRequestId = 1;
  #crash: StudioError | null = null;

  constructor(worker: WorkerLike, broadcast: Broadcast | null = null) {
    this.#worker = worker;
    this.#broadcast = broadcast;
    worker.addEventListener('message', ({ data }) => this.#receive(data));
    worker.addEventListener('error', (event) => this.#fail(event));
    worker.addEventListener('messageerror', (event) => this.#fail(event));
    broadcast?.channel.addEventListener('message', ({ data }) => {
      if (data.from !== broadcast.name) this.#emit(data.event, 'other-tab');
    });
  }

  /** Why the worker is gone; null while it lives. */
  get crash(): StudioError | null {
    return this.#crash;
  }

  /** @throws StudioError as the worker threw it, or E-INTERNAL when the worker is gone. */
  request<T extends RequestType>(type: T, params: Requests[T]['params']): Promise<Requests[T]['result']> {
    if (this.#crash) return Promise.reject(this.#crash);
    const requestId = this.#nextRequestId++;
    return new Promise<unknown>((resolve, reject) => {
      this.#pending.set(requestId, { resolve, reject });
      // The union of commands is a mapped type over `Requests`, so type and params belong together.
      const command = { type, requestId, params } as WorkerCommand;
      try {
        this.#worker.postMessage(command);
      } catch (cause) {
        this.#pending.delete(requestId);
        reject(new StudioError('E-INTERNAL', msg`The request ${type} could not be sent.`, { cause }));
      }
    }) as Promise<Requests[T]['result']>;
  }

  /** Events of runs, those of other tabs too. Returns what ends the subscription. */
  subscribe(listener: RunEventListener): () => void {
    this.#runListeners.add(listener);
    return () => this.#runListeners.delete(listener);
  }

  /** Progress of this tab's transfers from and to the Hub. Returns what ends the subscription. */
  onHubProgress(listener: (event: HubProgressEvent) => void): () => void {
    this.#hubListeners.add(listener);
    return () => this.#hubListeners.delete(listener);
  }

  /** Progress of the reading, examining and tokenizing of this tab's data. Returns what ends the subscription. */
  onDataProgress(listener: (event: DataProgressEvent) => void): () => void {
    this.#dataListeners.add(listener);
    return () => this.#dataListeners.delete(listener);
  }

  /** Texts that this tab's checkpoints write, as they grow. Returns what ends the subscription. */
  onGeneration(listener: (event: GenerationEvent) => void): () => void {
    this.#generationListeners.add(listener);
    return () => this.#generationListeners.delete(listener);
  }

  /** Sweeps of this tab, whenever something of one changed. Returns what ends the subscription. */
  onSweep(listener: (event: SweepEvent) => void): () => void {
    this.#sweepListeners.add(listener);
    return () => this.#sweepListeners.delete(listener);
  }

  /** Told once when the worker dies. Returns what ends the subscription. */
  onCrash(listener: (error: StudioError) => void): () => void {
    this.#crashListeners.add(listener);
    return () => this.#crashListeners.delete(listener);
  }

  close(): void {
    this.#worker.terminate();
    this.#broadcast?.channel.close();
    this.#rejectAll(new StudioError('E-STATE', msg`The studio was closed.`));
  }

  #receive(event: WorkerEvent): void {
    if (event.type === 'response') {
      const pending = this.#pending.get(event.requestId);
      this.#pending.delete(event.requestId);
      if (event.ok) pending?.resolve(event.result);
      else pending?.reject(fromWire(event.error));
      return;
    }
    if (event.type === 'hub/progress') for (const listener of this.#hubListeners) listener(event);
    else if (event.type === 'data/progress') for (const listener of this.#dataListeners) listener(event);
    else if (event.type === 'generation') for (const listener of this.#generationListeners) listener(event);
    else if (event.type === 'sweep/changed') for (const listener of this.#sweepListeners) listener(event);
    else this.#emit(event, 'this-tab');
  }

  #emit(event: RunEvent, origin: EventOrigin): void {
    for (const listener of this.#runListeners) listener(event, origin);
  }

  #fail(event: Event): void {
    const message = 'message' in event && typeof event.message === 'string' ? event.message : '';
    const wire: WireError = {
      code: 'E-INTERNAL',
      message: msg`The training engine stopped unexpectedly${message ? `: ${message}` : '.'}`,
      hint: msg`Reload the page, then resume the run.`,
      safe: msg`Everything up to the latest checkpoint is stored.`,
    };
    const error = fromWire(wire);
    this.#crash ??= error;
    this.#rejectAll(error);
    for (const listener of this.#crashListeners) listener(error);
  }

  #rejectAll(error: StudioError): void {
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
  }
}
