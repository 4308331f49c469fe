// What a run in training needs of the browser while one looks elsewhere: a screen that stays on, its progress in the
// icons, and a word when it is done.

import { useEffect, useRef } from 'react';
import type { RunSummary } from '#protocol/messages.ts';
import { isActive } from '#protocol/run-state.ts';
import { describeState } from '../components/run-status.tsx';
import { usePreferences } from '../hooks/preferences.ts';
import { useLibrary, useStudio } from '../hooks/studio-context.ts';
import { showProgressInIcon } from './progress-icon.ts';

export function useBackgroundCare(active: RunSummary | null): void {
  const { keepAwake, notifyAtEnd, staysOffline } = usePreferences();
  const { client } = useStudio();
  useEffect(() => {
    // A worker that is gone says so itself.
    client.request('network/allow', { allowed: !staysOffline }).catch(() => undefined);
  }, [client, staysOffline]);
  useWakeLock(keepAwake && active !== null && active.state.status !== 'paused');
  const share = active && active.maxSteps > 0 ? active.step / active.maxSteps : null;
  const percent = share === null ? null : Math.floor(share * 100);
  useEffect(() => showProgressInIcon(percent), [percent]);
  useEndNotification(active, notifyAtEnd);
}

/** A browser gives the lock back when the page is hidden: it is asked for again when one returns. */
function useWakeLock(wanted: boolean): void {
  useEffect(() => {
    if (!wanted || !('wakeLock' in navigator)) return;
    let lock: WakeLockSentinel | null = null;
    let over = false;
    const ask = async (): Promise<void> => {
      if (document.visibilityState !== 'visible') return;
      try {
        lock = await navigator.wakeLock.request('screen');
        if (over) await lock.release();
      } catch (error) {
        // Low battery, or a policy: training goes on, the screen may go dark.
        console.warn('The screen may go dark.', error);
      }
    };
    const askAgain = (): void => void ask();
    askAgain();
    document.addEventListener('visibilitychange', askAgain);
    return () => {
      over = true;
      document.removeEventListener('visibilitychange', askAgain);
      void lock?.release();
    };
  }, [wanted]);
}

function useEndNotification(active: RunSummary | null, wanted: boolean): void {
  const { runs } = useLibrary();
  const last = useRef<string | null>(null);
  if (active) last.current = active.runId;
  const ended = runs?.find(({ runId, state }) => runId === last.current && !isActive(state)) ?? null;
  useEffect(() => {
    if (!ended) return;
    last.current = null;
    if (!wanted || document.visibilityState === 'visible' || Notification.permission !== 'granted') return;
    new Notification(ended.name, { body: describeState(ended.state), icon: './icon.svg', tag: ended.runId });
  }, [ended, wanted]);
}
