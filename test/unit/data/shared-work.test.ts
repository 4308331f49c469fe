import { describe, expect, it } from 'vitest';
import { SharedWork } from '#data/shared-work.ts';
import type { WorkOptions } from '#data/work.ts';

/** Work in the hands of the test, and somebody who waits for it and hears how far it is. */
function begin() {
  let work: WorkOptions = {};
  let finish: (value: string) => void = () => undefined;
  const shared = new SharedWork<string>((given) => {
    work = given;
    return new Promise((resolve, reject) => {
      finish = resolve;
      given.signal?.addEventListener('abort', () => reject(given.signal?.reason));
    });
  });
  const waiter = () => {
    const [controller, heard] = [new AbortController(), [] as number[]];
    const made = shared.wait({ signal: controller.signal, onProgress: (done) => heard.push(done) });
    return { leave: () => controller.abort(new Error('left')), heard, made };
  };
  return {
    shared,
    waiter,
    tell: (done: number) => work.onProgress?.(done, 10),
    finish: (value: string) => finish(value),
  };
}

describe('work that several wait for', () => {
  it('tells each how far it is since it came', async () => {
    const { waiter, tell, finish } = begin();
    const first = waiter();
    tell(1);
    const second = waiter();
    tell(2);
    finish('made');
    expect(await Promise.all([first.made, second.made])).toEqual(['made', 'made']);
    expect([first.heard, second.heard]).toEqual([[1, 2], [2]]);
  });

  it('goes on for the others when one leaves', async () => {
    const { shared, waiter, tell, finish } = begin();
    const [first, second] = [waiter(), waiter()];
    first.leave();
    await expect(first.made).rejects.toThrow('left');
    tell(3);
    expect(shared.isAbandoned).toBe(false);
    finish('made');
    expect(await second.made).toBe('made');
    expect(first.heard).toEqual([]);
  });

  it('ends when all have left', async () => {
    const { shared, waiter } = begin();
    const [first, second] = [waiter(), waiter()];
    for (const each of [first, second]) each.leave();
    await expect(first.made).rejects.toThrow('left');
    await expect(second.made).rejects.toThrow('left');
    expect(shared.isAbandoned).toBe(true);
  });
});
