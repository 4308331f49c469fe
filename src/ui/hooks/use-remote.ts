// Asks the worker whenever the question changes; late answers to old questions are dropped.

import { useEffect, useRef, useState } from 'react';
import { EMPTY, type Loadable } from './loadable.ts';
import { toStudioError } from './to-studio-error.ts';

/**
 * @param question plain data, compared by its JSON; null asks nothing.
 * @param delayMs waits so long for the question to settle.
 */
export function useRemote<Q, A>(question: Q | null, ask: (question: Q) => Promise<A>, delayMs = 0): Loadable<A> {
  const [answer, setAnswer] = useState<Loadable<A>>(EMPTY);
  const latest = useRef({ question, ask });
  latest.current = { question, ask };
  const key = question === null ? null : JSON.stringify(question);
  useEffect(() => {
    const { question: asked } = latest.current;
    if (key === null || asked === null) {
      setAnswer(EMPTY);
      return;
    }
    let current = true;
    const set = (next: Loadable<A>): void => {
      if (current) setAnswer(next);
    };
    set({ status: 'loading' });
    const timer = setTimeout(() => {
      latest.current.ask(asked).then(
        (value) => set({ status: 'ready', value }),
        (thrown: unknown) => set({ status: 'failed', error: toStudioError(thrown) }),
      );
    }, delayMs);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [key, delayMs]);
  return answer;
}
