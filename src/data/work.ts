// Long work over rows: told how far it is, ended when it is not wanted any more, giving way to other work of the thread.

import { yieldToEventLoop } from '#util/event-loop.ts';

export interface WorkOptions {
  /** Ends the work, which throws the reason. */
  readonly signal?: AbortSignal | undefined;
  /** Rows of all rows. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Milliseconds of work before giving way. */
const SLICE_MS = 30;

export class Slices {
  readonly #signal: AbortSignal | undefined;
  #end = performance.now() + SLICE_MS;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /** Gives way where it is time. @returns whether it did. @throws the reason of the signal. */
  async giveWay(): Promise<boolean> {
    if (performance.now() < this.#end) return false;
    await yieldToEventLoop();
    this.#signal?.throwIfAborted();
    this.#end = performance.now() + SLICE_MS;
    return true;
  }
}
