// What only one tab may do at a time. A lock lives as long as the worker holds it: a crash or a closed tab frees it.

import type { RunId } from '#protocol/ids.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';

const TRAINER = 'atelier-trainer';
const COPYING = 'atelier-copying';
const runLock = (runId: RunId): string => `atelier-run-${runId}`;

/** Takes the right to train `runId`; the result gives it back. @throws StudioError E-BUSY when another tab trains. */
export async function takeTrainerLock(runId: RunId): Promise<() => void> {
  const releaseTrainer = await take(TRAINER);
  if (!releaseTrainer) {
    throw new StudioError('E-BUSY', msg`Another tab of this browser is training.`, {
      hint: msg`Watch it here, or stop it there first.`,
      safe: msg`Nothing was changed.`,
    });
  }
  // Others see by this second lock which run it is.
  const releaseRun = await take(runLock(runId));
  return () => {
    releaseRun?.();
    releaseTrainer();
  };
}

/** Resolves once the lock is held or refused. */
function take(name: string): Promise<(() => void) | null> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(name, { ifAvailable: true }, (lock) => {
        if (!lock) {
          resolve(null);
          return undefined;
        }
        return new Promise<void>((release) => resolve(release));
      })
      .catch(reject);
  });
}

/** Work that adds a run part by part; several tabs may do such. */
export const whileCopying = <T>(work: () => Promise<T>): Promise<T> =>
  navigator.locks.request(COPYING, { mode: 'shared' }, work);

/** Work on what a copy that ended in the middle has left: not while one is going on. */
export async function unlessCopying(work: () => Promise<void>): Promise<void> {
  await navigator.locks.request(COPYING, { ifAvailable: true }, async (lock) => {
    if (lock) await work();
  });
}

/** Runs that some tab is training now, this one included. */
export async function runsInTraining(): Promise<ReadonlySet<string>> {
  const { held = [] } = await navigator.locks.query();
  const prefix = runLock('' as RunId);
  return new Set(held.flatMap(({ name }) => (name?.startsWith(prefix) ? [name.slice(prefix.length)] : [])));
}
