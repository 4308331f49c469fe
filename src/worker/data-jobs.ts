// Long work on data that a person may cancel: each job has a name under which its progress is told.

import type { WorkOptions } from '#data/work.ts';
import type { DataProgressEvent } from '#protocol/messages.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';

/** Milliseconds between progress events of one job. */
const PROGRESS_EVERY = 100;

type JobOptions = { readonly [K in keyof WorkOptions]-?: NonNullable<WorkOptions[K]> };

export class DataJobs {
  readonly #emit: (event: DataProgressEvent) => void;
  readonly #running = new Map<string, AbortController>();

  constructor(emit: (event: DataProgressEvent) => void) {
    this.#emit = emit;
  }

  /** Of a job that is over already: nothing happens. */
  cancel(jobId: string): void {
    this.#running.get(jobId)?.abort(cancelled());
  }

  /** Gives the work a signal and a place to tell its progress. A job of the same name is cancelled. */
  async run<T>(
    jobId: string | undefined,
    phase: DataProgressEvent['phase'],
    work: (options: JobOptions) => Promise<T>,
  ): Promise<T> {
    const controller = new AbortController();
    if (jobId !== undefined) {
      this.cancel(jobId);
      this.#running.set(jobId, controller);
    }
    let told = 0;
    const onProgress = (done: number, total: number): void => {
      const now = performance.now();
      if (jobId === undefined || (now - told < PROGRESS_EVERY && done < total)) return;
      told = now;
      this.#emit({ type: 'data/progress', jobId, phase, done, total });
    };
    try {
      return await work({ signal: controller.signal, onProgress });
    } finally {
      if (jobId !== undefined && this.#running.get(jobId) === controller) this.#running.delete(jobId);
    }
  }
}

const cancelled = (): StudioError =>
  new StudioError('E-CANCELLED', msg`It was cancelled.`, { safe: msg`Nothing was changed.` });
