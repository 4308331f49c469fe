// push_to_hub: which saves are pushed and as what, when one is passed over, and that a failed push ends nothing.

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { CALLBACK_EVENTS } from '#trainer/callbacks/trainer-callback.ts';
import type { HubPusher } from '#trainer/hub-pusher.ts';
import type { TrainerOptions } from '#trainer/trainer-options.ts';
import { StudioError } from '#util/studio-error.ts';
import { namesIn, start } from '../../setup/regression-run.ts';

beforeAll(() => tf.setBackend('cpu'));

/** Uploads as told by `upload`, which gets the number of the push. */
function pushing(
  given: Record<string, unknown>,
  upload = async (_: number) => {},
  options: Partial<TrainerOptions> = {},
) {
  const pushed: string[] = [];
  const warnings: string[] = [];
  const told: string[] = [];
  let count = 0;
  const pusher: HubPusher = {
    async prepare({ checkpoint, message, folder }) {
      const number = count++;
      const weights = await checkpoint.readTensor('model.safetensors', 'a');
      return async () => {
        await upload(number);
        pushed.push(`${folder ?? '.'}: ${message} (${checkpoint.manifest.name}, ${weights.length} bytes)`);
        return 'julia/line';
      };
    },
  };
  const hooks = {
    onWarning: (message: string) => void warnings.push(message),
    onPushed: ({ name, repo, folder }: { name: string; repo: string; folder: string | null }) =>
      void told.push(`${name} ${repo} ${folder}`),
  };
  const args = { push_to_hub: true, max_steps: 3, ...given };
  return { ...start({ arguments: args, pusher, hooks, ...options }), pushed, warnings, told };
}

const gate = () => {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
};

describe('push_to_hub', () => {
  const step = (n: number): string => `.: Training in progress, step ${n} (checkpoint-${n}, 4 bytes)`;
  const always = { hub_always_push: true };

  it('every_save: the model of each save', async () => {
    const { trainer, pushed, told } = pushing(always);
    await trainer.train();
    expect(pushed).toEqual([step(1), step(2), step(3)]);
    expect(told[0]).toBe('checkpoint-1 julia/line null');
  });

  it.each([
    ['checkpoint', ['last-checkpoint', 'last-checkpoint']],
    ['all_checkpoints', ['checkpoint-1', 'checkpoint-2']],
  ])('%s: the checkpoint too, in a folder and a commit of its own', async (hub_strategy, folders) => {
    const { trainer, pushed } = pushing({ ...always, hub_strategy, max_steps: 2 });
    await trainer.train();
    const checkpoint = (n: number) =>
      `${folders[n - 1]}: Training in progress, step ${n}, checkpoint (checkpoint-${n}, 4 bytes)`;
    expect(pushed).toEqual([step(1), checkpoint(1), step(2), checkpoint(2)]);
  });

  it('end: nothing while it trains, then what is asked for', async () => {
    const { trainer, pushed, store } = pushing({ hub_strategy: 'end' });
    await trainer.train();
    expect(pushed).toEqual([]);
    await trainer.saveModel();
    await trainer.pushToHub();
    await trainer.pushToHub('Mine');
    expect(pushed).toEqual(['Model save', 'End of training', 'Mine'].map((said) => `.: ${said} (final, 4 bytes)`));
    expect(await namesIn(store)).toContain('final');
  });

  it('names the epoch where saves go by epochs', async () => {
    const { trainer, pushed } = pushing({ ...always, save_strategy: 'epoch', max_steps: -1, num_train_epochs: 2 });
    await trainer.train();
    expect(pushed.map((line) => line.split(' (')[0])).toEqual([
      '.: Training in progress, epoch 1',
      '.: Training in progress, epoch 2',
    ]);
  });

  it('passes a save over while a push is going on, and train() waits for it', async () => {
    const { open, opened } = gate();
    const { trainer, pushed } = pushing({}, () => opened);
    let isDone = false;
    const training = trainer.train().then(() => {
      isDone = true;
    });
    await expect.poll(() => trainer.state.logHistory.some((entry) => 'train_loss' in entry)).toBe(true);
    expect([isDone, pushed]).toEqual([false, []]);
    open();
    await training;
    expect(pushed).toEqual([step(1)]);
  });

  it('a save that rotation has deleted is pushed whole', async () => {
    const { open, opened } = gate();
    const { trainer, pushed, store } = pushing({ ...always, save_total_limit: 1 }, () => opened);
    const training = trainer.train();
    await expect.poll(() => namesIn(store)).toEqual(['checkpoint-3']);
    open();
    await training;
    expect(pushed).toEqual([step(1), step(2), step(3)]);
  });

  it('a failed push is a warning, and the next one tries again', async () => {
    const refused = new StudioError('E-HUB', 'The Hub can not be reached.', { hint: 'Check the connection.' });
    const fail = async (number: number) => {
      if (number === 0) throw refused;
    };
    const { trainer, pushed, warnings } = pushing(always, fail);
    await trainer.train();
    expect(pushed).toEqual([step(2), step(3)]);
    expect(warnings).toEqual([
      expect.stringMatching(
        /"Training in progress, step 1" was not pushed.*can not be reached\. Check the connection\./,
      ),
    ]);
  });

  it('a checkpoint that can not be read is a warning too', async () => {
    const pusher: HubPusher = { prepare: () => Promise.reject(new Error('damaged')) };
    const { trainer, warnings, store } = pushing(always, undefined, { pusher });
    await trainer.train();
    await trainer.pushToHub();
    expect(warnings.map((text) => text.slice(0, 30))).toHaveLength(4);
    expect(await namesIn(store)).toContain('final');
  });

  it('goes on pushing after a save for which storage had no room', async () => {
    const run = pushing({ save_steps: 2, max_steps: 4 }, undefined, {
      hooks: { onStorageFull: async () => 'skip' as const },
    });
    const save = run.store.save.bind(run.store);
    let isFull = true;
    run.store.save = (write) => {
      if (!isFull) return save(write);
      isFull = false;
      return Promise.reject(new StudioError('E-STORAGE-FULL', 'There is no room.'));
    };
    await run.trainer.train();
    expect(run.pushed).toEqual([step(4)]);
  });

  it('is told to callbacks before the save is', async () => {
    const events: string[] = [];
    const callback = Object.fromEntries(CALLBACK_EVENTS.map((event) => [event, () => void events.push(event)]));
    const { trainer } = pushing({ save_steps: 3 }, undefined, { callbacks: [{ name: 'Recorder', ...callback }] });
    await trainer.train();
    await trainer.saveModel();
    expect(events.filter((event) => /Push|Save|TrainEnd/.test(event))).toEqual([
      'onPushBegin',
      'onSave',
      'onTrainEnd',
      'onPushBegin',
    ]);
  });

  it('needs something to push with', async () => {
    expect(() => start({ arguments: { push_to_hub: true } })).toThrow(/nothing to push with/);
    await expect(start().trainer.pushToHub()).rejects.toMatchObject({ code: 'E-ARGS' });
  });
});
