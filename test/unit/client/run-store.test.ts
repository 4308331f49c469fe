import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RunStore } from '#client/run-store.ts';
import { checkpointAt, DETAIL, progressAt, RUN } from './run-detail.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('RunStore', () => {
  it('starts from the account of the worker', () => {
    const snapshot = new RunStore(DETAIL).getSnapshot();
    expect(snapshot.logLength).toBe(1);
    expect(Array.from(snapshot.columns.series('loss')?.values ?? [])).toEqual([0.7]);
    expect(snapshot.detail.labels).toEqual(['no', 'yes']);
  });

  it('tells at most four times a second, and nothing is lost', () => {
    const store = new RunStore(DETAIL);
    let told = 0;
    store.subscribe(() => told++);
    for (let step = 2; step <= 101; step++) {
      store.apply({ type: 'run/log', runId: RUN, entries: [{ step, epoch: step / 10, loss: 1 / step }] }, 'this-tab');
      store.apply({ type: 'run/progress', runId: RUN, progress: progressAt(step) }, 'this-tab');
      vi.advanceTimersByTime(10);
    }
    vi.advanceTimersByTime(250);
    expect(told).toBeGreaterThanOrEqual(4);
    expect(told).toBeLessThanOrEqual(6);
    const snapshot = store.getSnapshot();
    expect(snapshot.logLength).toBe(101);
    expect(snapshot.summary.step).toBe(101);
    expect(snapshot.columns.series('loss')?.values.at(-1)).toBeCloseTo(1 / 101);
    expect(snapshot.columns.series('loss')?.steps).toHaveLength(101);
  });

  it('tells the first change at once, and keeps a snapshot the same until then', () => {
    const store = new RunStore(DETAIL);
    const before = store.getSnapshot();
    expect(store.getSnapshot()).toBe(before);
    store.apply({ type: 'run/state', runId: RUN, state: { status: 'evaluating' } }, 'this-tab');
    expect(store.getSnapshot().summary.state.status).toBe('evaluating');
  });

  it('takes an entry once', () => {
    const store = new RunStore(DETAIL);
    const entries = [
      { step: 1, epoch: 0.1, loss: 0.7 },
      { step: 1, epoch: 0.1, eval_loss: 0.6, eval_confusion_matrix: [[1]] },
    ];
    store.apply({ type: 'run/log', runId: RUN, entries }, 'this-tab');
    store.apply({ type: 'run/log', runId: RUN, entries }, 'other-tab');
    vi.advanceTimersByTime(500);
    expect(store.getSnapshot().logLength).toBe(2);
    expect(store.getSnapshot().columns.names()).toEqual(['loss', 'eval_loss']);
  });

  it('knows who trains it', () => {
    const store = new RunStore(DETAIL);
    store.apply({ type: 'run/state', runId: RUN, state: { status: 'training' } }, 'other-tab');
    expect(store.getSnapshot().summary.owner).toBe('other-tab');
    store.apply({ type: 'run/state', runId: RUN, state: { status: 'completed' } }, 'other-tab');
    vi.advanceTimersByTime(250);
    expect(store.getSnapshot().summary.owner).toBe('none');
  });

  it('resumes from the latest checkpoint that has more than weights', () => {
    const store = new RunStore(DETAIL);
    const checkpoints = [checkpointAt(4), checkpointAt(8), checkpointAt(10, true)];
    store.apply({ type: 'run/checkpoints', runId: RUN, checkpoints }, 'this-tab');
    expect(store.getSnapshot().resumeStep).toBe(8);
    store.apply({ type: 'run/checkpoints', runId: RUN, checkpoints: [checkpointAt(10, true)] }, 'this-tab');
    vi.advanceTimersByTime(250);
    expect(store.getSnapshot().resumeStep).toBeNull();
  });

  it('adds a notice once', () => {
    const store = new RunStore(DETAIL);
    const notice = { at: 5, step: 1, level: 'warning', message: 'Loss is not a number.' } as const;
    store.apply({ type: 'run/notice', runId: RUN, notice }, 'other-tab');
    store.apply({ type: 'run/notice', runId: RUN, notice }, 'this-tab');
    vi.advanceTimersByTime(250);
    expect(store.getSnapshot().notices).toEqual([notice]);
  });

  it('drops what came after the checkpoint when a run is read anew', () => {
    const store = new RunStore(DETAIL);
    store.apply({ type: 'run/log', runId: RUN, entries: [{ step: 9, epoch: 0.9, loss: 0.1 }] }, 'this-tab');
    store.apply({ type: 'run/progress', runId: RUN, progress: progressAt(9) }, 'this-tab');
    store.replace(DETAIL);
    vi.advanceTimersByTime(500);
    const snapshot = store.getSnapshot();
    expect(snapshot.summary.step).toBe(0);
    expect(snapshot.logLength).toBe(1);
    expect(Array.from(snapshot.columns.series('loss')?.steps ?? [])).toEqual([1]);
  });
});
