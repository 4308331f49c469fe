import { describe, expect, it } from 'vitest';
import { RunLibrary } from '#client/run-library.ts';
import { TrainerClient } from '#client/trainer-client.ts';
import type { RunId } from '#protocol/ids.ts';
import { FakeChannel, FakeWorker } from './fake-worker.ts';
import { DETAIL, progressAt, RUN, SUMMARY } from './run-detail.ts';

const start = () => {
  const [worker, channel] = [new FakeWorker(), new FakeChannel()];
  return { worker, channel, library: new RunLibrary(new TrainerClient(worker, { name: 'mine', channel }), 0) };
};
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('RunLibrary', () => {
  it('lists runs newest first and knows the one that this tab trains', async () => {
    const { worker, library } = start();
    expect(library.getSnapshot()).toEqual({ runs: null, active: null });
    const refreshing = library.refresh();
    const later = {
      ...SUMMARY,
      runId: 'run-2' as RunId,
      createdAt: 2000,
      state: { status: 'completed' },
      owner: 'none',
    };
    worker.answer([SUMMARY, later]);
    await refreshing;
    expect(library.getSnapshot().runs?.map((run) => run.runId)).toEqual(['run-2', RUN]);
    expect(library.getSnapshot().active?.runId).toBe(RUN);
  });

  it('follows events in the list', async () => {
    const { worker, library } = start();
    const refreshing = library.refresh();
    worker.answer([SUMMARY]);
    await refreshing;
    worker.say({ type: 'run/progress', runId: RUN, progress: progressAt(7) });
    worker.say({ type: 'run/state', runId: RUN, state: { status: 'completed' } });
    await settle();
    expect(library.getSnapshot().runs?.[0]).toMatchObject({ step: 7, state: { status: 'completed' }, owner: 'none' });
    expect(library.getSnapshot().active).toBeNull();
  });

  it('reads the list anew when a run appears', async () => {
    const { worker, channel, library } = start();
    const refreshing = library.refresh();
    worker.answer([]);
    await refreshing;
    channel.say('other', { type: 'run/state', runId: RUN, state: { status: 'training' } });
    worker.answer([{ ...SUMMARY, owner: 'other-tab' }]);
    await settle();
    expect(library.getSnapshot().runs).toHaveLength(1);
    expect(library.getSnapshot().active).toBeNull();
  });

  it('opens a run once and feeds it', async () => {
    const { worker, library } = start();
    const [first, second] = [library.open(RUN), library.open(RUN)];
    worker.answer(DETAIL);
    const store = await first;
    expect(await second).toBe(store);
    expect(await library.open(RUN)).toBe(store);
    expect(worker.sent).toHaveLength(1);
    worker.say({ type: 'run/progress', runId: RUN, progress: progressAt(3) });
    expect(store.getSnapshot().progress?.step).toBe(3);
  });

  it('tells a run what happened while its account was on its way', async () => {
    const { worker, library } = start();
    const opening = library.open(RUN);
    worker.say({ type: 'run/state', runId: RUN, state: { status: 'completed' } });
    worker.say({ type: 'run/state', runId: 'run-2' as RunId, state: { status: 'training' } });
    worker.answer({ ...DETAIL, summary: { ...SUMMARY, state: { status: 'finalizing' } } });
    const store = await opening;
    expect(store.getSnapshot().summary).toMatchObject({ state: { status: 'completed' }, owner: 'none' });

    const reloading = library.reload(RUN);
    await settle();
    worker.say({ type: 'run/state', runId: RUN, state: { status: 'training' } });
    worker.answer({ ...DETAIL, summary: { ...SUMMARY, state: { status: 'completed' }, owner: 'none' } });
    await reloading;
    expect(store.getSnapshot().summary).toMatchObject({ state: { status: 'training' }, owner: 'this-tab' });
  });

  it('tells the list what happened while it was on its way', async () => {
    const { worker, library } = start();
    const refreshing = library.refresh();
    worker.say({ type: 'run/state', runId: RUN, state: { status: 'completed' } });
    worker.answer([SUMMARY]);
    await refreshing;
    expect(library.getSnapshot().active).toBeNull();
    expect(library.getSnapshot().runs?.[0]?.state.status).toBe('completed');
  });

  it('tries again after a run could not be opened', async () => {
    const { worker, library } = start();
    const opening = library.open(RUN);
    worker.say({ type: 'response', requestId: 1, ok: false, error: { code: 'E-STORAGE', message: 'no such run' } });
    await expect(opening).rejects.toThrow('no such run');
    const again = library.open(RUN);
    worker.answer(DETAIL);
    expect((await again).getSnapshot().summary.name).toBe('first');
  });
});
