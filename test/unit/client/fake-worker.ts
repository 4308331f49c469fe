// A worker and a channel that a test speaks for.

import type { ChannelLike, WorkerLike } from '#client/trainer-client.ts';
import type { BroadcastRunEvent, RunEvent, WorkerCommand, WorkerEvent } from '#protocol/messages.ts';

export class FakeWorker implements WorkerLike {
  readonly sent: WorkerCommand[] = [];
  terminated = false;
  readonly #message: ((event: MessageEvent<WorkerEvent>) => void)[] = [];
  readonly #failure: ((event: Event) => void)[] = [];

  postMessage(message: WorkerCommand): void {
    this.sent.push(structuredClone(message));
  }

  addEventListener(type: 'message' | 'error' | 'messageerror', listener: (event: never) => void): void {
    if (type === 'message') this.#message.push(listener as (event: MessageEvent<WorkerEvent>) => void);
    else if (type === 'error') this.#failure.push(listener as (event: Event) => void);
  }

  terminate(): void {
    this.terminated = true;
  }

  say(data: WorkerEvent): void {
    for (const listener of this.#message) listener(new MessageEvent('message', { data }));
  }

  /** Answers the latest request. */
  answer(result: unknown): void {
    this.say({ type: 'response', requestId: this.sent.at(-1)?.requestId ?? 0, ok: true, result });
  }

  die(message: string): void {
    for (const listener of this.#failure) listener(Object.assign(new Event('error'), { message }));
  }
}

export class FakeChannel implements ChannelLike {
  closed = false;
  readonly #listeners: ((event: MessageEvent<BroadcastRunEvent>) => void)[] = [];

  addEventListener(_type: 'message', listener: (event: MessageEvent<BroadcastRunEvent>) => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    this.closed = true;
  }

  say(from: string, event: RunEvent): void {
    const data = { from, event };
    for (const listener of this.#listeners) listener(new MessageEvent('message', { data }));
  }
}
