import { describe, expect, it } from 'vitest';
import { type EventOrigin, TrainerClient } from '#client/trainer-client.ts';
import type { RunEvent } from '#protocol/messages.ts';
import { FakeChannel, FakeWorker } from './fake-worker.ts';
import { progressAt, RUN } from './run-detail.ts';

const start = () => {
  const [worker, channel] = [new FakeWorker(), new FakeChannel()];
  const client = new TrainerClient(worker, { name: 'mine', channel });
  const heard: [RunEvent['type'], EventOrigin][] = [];
  client.subscribe((event, origin) => heard.push([event.type, origin]));
  return { worker, channel, client, heard };
};

describe('TrainerClient', () => {
  it('matches answers to requests, in any order', async () => {
    const { worker, client } = start();
    const first = client.request('run/list', {});
    const second = client.request('run/pause', { runId: RUN });
    expect(worker.sent).toEqual([
      { type: 'run/list', requestId: 1, params: {} },
      { type: 'run/pause', requestId: 2, params: { runId: RUN } },
    ]);
    worker.say({ type: 'response', requestId: 2, ok: true, result: { second: true } });
    worker.say({ type: 'response', requestId: 1, ok: true, result: ['first'] });
    expect(await first).toEqual(['first']);
    expect(await second).toEqual({ second: true });
  });

  it('rejects with the error of the worker', async () => {
    const { worker, client } = start();
    const request = client.request('run/list', {});
    const error = { code: 'E-STORAGE', message: 'The list can not be read.', hint: 'Reload.' } as const;
    worker.say({ type: 'response', requestId: 1, ok: false, error });
    await expect(request).rejects.toMatchObject({ name: 'StudioError', ...error });
  });

  it('fails every request when the worker dies, and every later one', async () => {
    const { worker, client } = start();
    const told: string[] = [];
    client.onCrash((error) => told.push(error.code));
    const waiting = [client.request('run/list', {}), client.request('device/profile', {})];
    worker.die('out of memory');
    for (const request of waiting) {
      await expect(request).rejects.toMatchObject({
        code: 'E-INTERNAL',
        message: 'The training engine stopped unexpectedly: out of memory',
        safe: 'Everything up to the latest checkpoint is stored.',
      });
    }
    await expect(client.request('run/list', {})).rejects.toMatchObject({ code: 'E-INTERNAL' });
    expect(worker.sent).toHaveLength(2);
    expect(told).toEqual(['E-INTERNAL']);
    expect(client.crash?.code).toBe('E-INTERNAL');
  });

  it('rejects what can not be sent', async () => {
    const { client } = start();
    const file = { path: 'x', file: (() => 1) as unknown as Blob };
    await expect(client.request('model/open', { source: { kind: 'files', files: [file] } })).rejects.toMatchObject({
      code: 'E-INTERNAL',
      message: 'The request model/open could not be sent.',
    });
  });

  it('tells of transfers apart from runs', () => {
    const { worker, client, heard } = start();
    const done: number[] = [];
    const end = client.onHubProgress(({ doneBytes }) => done.push(doneBytes));
    const progress = { type: 'hub/progress', transferId: 't', phase: 'downloading', path: 'x', totalBytes: 9 } as const;
    worker.say({ ...progress, doneBytes: 4 });
    end();
    worker.say({ ...progress, doneBytes: 9 });
    expect([done, heard]).toEqual([[4], []]);
  });

  it('tells its own events from those of other tabs, and each once', () => {
    const { worker, channel, heard } = start();
    const progress: RunEvent = { type: 'run/progress', runId: RUN, progress: progressAt(1) };
    channel.say('other', progress);
    worker.say({ type: 'run/state', runId: RUN, state: { status: 'training' } });
    worker.say(progress);
    channel.say('mine', progress);
    worker.say({ type: 'run/state', runId: RUN, state: { status: 'completed' } });
    channel.say('mine', { type: 'run/state', runId: RUN, state: { status: 'finalizing' } });
    channel.say('other', progress);
    expect(heard).toEqual([
      ['run/progress', 'other-tab'],
      ['run/state', 'this-tab'],
      ['run/progress', 'this-tab'],
      ['run/state', 'this-tab'],
      ['run/progress', 'other-tab'],
    ]);
  });

  it('closes the worker and the channel', async () => {
    const { worker, channel, client } = start();
    const request = client.request('run/list', {});
    client.close();
    await expect(request).rejects.toMatchObject({ code: 'E-STATE' });
    expect([worker.terminated, channel.closed]).toEqual([true, true]);
  });
});
