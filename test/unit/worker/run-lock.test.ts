import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunId } from '#protocol/ids.ts';
import { runsInTraining, takeTrainerLock } from '../../../src/worker/run-lock.ts';

/** As `navigator.locks` where every request asks with `ifAvailable`: of all tabs of the browser. */
function fakeLocks() {
  const held = new Set<string>();
  return {
    async request(name: string, _options: object, work: (lock: object | null) => unknown): Promise<void> {
      if (held.has(name)) return void work(null);
      held.add(name);
      await work({ name });
      held.delete(name);
    },
    query: async () => ({ held: [...held].map((name) => ({ name })) }),
  };
}

describe('the right to train', () => {
  beforeEach(() => void vi.stubGlobal('navigator', { locks: fakeLocks() }));
  afterEach(() => void vi.unstubAllGlobals());

  it('is one tab’s at a time, and others see whose run it is', async () => {
    const release = await takeTrainerLock('first' as RunId);
    expect(await runsInTraining()).toEqual(new Set(['first']));
    await expect(takeTrainerLock('second' as RunId)).rejects.toMatchObject({
      code: 'E-BUSY',
      message: 'Another tab of this browser is training.',
      hint: 'Watch it here, or stop it there first.',
      safe: 'Nothing was changed.',
    });
    expect(await runsInTraining()).toEqual(new Set(['first']));
    release();
    await vi.waitFor(async () => expect(await runsInTraining()).toEqual(new Set()));
    (await takeTrainerLock('second' as RunId))();
  });
});
