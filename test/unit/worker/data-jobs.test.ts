import { describe, expect, it } from 'vitest';
import type { DataProgressEvent } from '#protocol/messages.ts';
import { DataJobs } from '../../../src/worker/data-jobs.ts';

/** Work that goes on until it is cancelled. */
const endless = ({ signal }: { readonly signal: AbortSignal }): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

describe('work on data', () => {
  it('tells how far it is, its end always', async () => {
    const events: DataProgressEvent[] = [];
    const jobs = new DataJobs((event) => events.push(event));
    const result = await jobs.run('a', 'reading', async ({ onProgress }) => {
      for (let done = 0; done <= 1000; done++) onProgress(done, 1000);
      return 'read';
    });
    expect(result).toBe('read');
    expect(events.length).toBeLessThan(100);
    expect(events.at(-1)).toEqual({ type: 'data/progress', jobId: 'a', phase: 'reading', done: 1000, total: 1000 });
  });

  it('ends when it is cancelled, and nothing else does', async () => {
    const jobs = new DataJobs(() => undefined);
    const cancelled = expect(jobs.run('a', 'reading', endless)).rejects.toMatchObject({
      code: 'E-CANCELLED',
      safe: 'Nothing was changed.',
    });
    jobs.cancel('b');
    jobs.cancel('a');
    await cancelled;
    jobs.cancel('a');
    expect(await jobs.run('a', 'reading', async ({ signal }) => signal.aborted)).toBe(false);
  });

  it('ends when the same is begun anew', async () => {
    const jobs = new DataJobs(() => undefined);
    const first = expect(jobs.run('a', 'reading', endless)).rejects.toMatchObject({ code: 'E-CANCELLED' });
    const second = expect(jobs.run('a', 'reading', endless)).rejects.toMatchObject({ code: 'E-CANCELLED' });
    await first;
    jobs.cancel('a');
    await second;
  });
});
