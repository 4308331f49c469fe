// Work that several wait for, as for the first look at a file: each is told how far it is and may leave; it ends when nobody
// waits any more.

import type { WorkOptions } from './work.ts';

export class SharedWork<T> {
  readonly #ending = new AbortController();
  readonly #waiting = new Set<WorkOptions>();
  readonly #made: Promise<T>;

  constructor(make: (work: WorkOptions) => Promise<T>) {
    const onProgress = (done: number, total: number): void => {
      for (const each of this.#waiting) each.onProgress?.(done, total);
    };
    this.#made = make({ signal: this.#ending.signal, onProgress });
  }

  /** Ended because all had left: nothing more comes of it. */
  get isAbandoned(): boolean {
    return this.#ending.signal.aborted;
  }

  /** @throws what the work throws; the reason of the signal. */
  async wait(work: WorkOptions): Promise<T> {
    const { signal } = work;
    this.#waiting.add(work);
    try {
      return await Promise.race([this.#made, ...(signal ? [aborted(signal)] : [])]);
    } finally {
      this.#waiting.delete(work);
      if (signal?.aborted && this.#waiting.size === 0) this.#ending.abort(signal.reason);
    }
  }
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const leave = (): void => reject(signal.reason);
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
  });
