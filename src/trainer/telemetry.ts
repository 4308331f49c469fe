// Losses and update states on their way from the device: read asynchronously, handed over in order, none missing.
// At most a few updates are in flight, so that the device is never idle and never far ahead.

import type { StagedRead } from '#nn/tensor-access.ts';
import { reportOf, type UpdateReport } from '#optim/optimizer-update.ts';

export interface UpdateRecord extends UpdateReport {
  /** The update that made it, counted from 1. */
  readonly step: number;
  /** Normalised loss of each micro-batch. */
  readonly losses: readonly number[];
}

const MAX_IN_FLIGHT = 2;

export class Telemetry {
  readonly #onRecord: (record: UpdateRecord) => void;
  #chain: Promise<void> = Promise.resolve();
  #inFlight: Promise<void>[] = [];

  constructor(onRecord: (record: UpdateRecord) => void) {
    this.#onRecord = onRecord;
  }

  /** @param staged the losses of so many micro-batches, then the update state. */
  push(step: number, losses: number, staged: StagedRead): void {
    const read = staged.read();
    const earlier = this.#chain;
    this.#chain = (async () => {
      // A failed read is reported by whoever awaits the chain; it must not also count as unhandled.
      const [values] = await Promise.all([read, earlier]);
      const report = reportOf(values.subarray(losses));
      this.#onRecord({ step, losses: Array.from(values.subarray(0, losses)), ...report });
    })();
    this.#chain.catch(() => undefined);
    this.#inFlight.push(this.#chain);
  }

  /** Waits until few updates are in flight. @throws what went wrong on the device. */
  async throttle(): Promise<void> {
    while (this.#inFlight.length >= MAX_IN_FLIGHT) await this.#inFlight.shift();
  }

  /** Waits until everything pushed was handed over. */
  async drain(): Promise<void> {
    this.#inFlight = [];
    await this.#chain;
  }
}
