// Charts are drawn anew one after another, and only those that are seen: all at once would stop the page.

import { type RefObject, useEffect, useState } from 'react';
import { flushSync } from 'react-dom';

/** Milliseconds between two charts, at least. */
const PAUSE = 90;
/** Pauses are so many times as long as the drawing before: charts take a tenth of the page's thread at most. */
const REST = 9;

const waiting = new Map<object, () => void>();
let isWaiting = false;
let pause = PAUSE;

function next(): void {
  isWaiting = false;
  const [first] = waiting;
  if (!first) return;
  const [who, draw] = first;
  waiting.delete(who);
  const begun = performance.now();
  // Drawn within the call, so that it can be timed.
  flushSync(draw);
  pause = Math.max(PAUSE, REST * (performance.now() - begun));
  if (waiting.size > 0) waitForTurn();
}

function waitForTurn(): void {
  isWaiting = true;
  setTimeout(next, pause);
}

function queue(who: object, draw: () => void): void {
  waiting.set(who, draw);
  if (!isWaiting) waitForTurn();
}

/** The version to draw: `version`, as soon as the element is seen and its turn has come. */
export function useTurn(element: RefObject<HTMLElement | null>, version: number): number {
  const [drawn, setDrawn] = useState(version);
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => setSeen(entry?.isIntersecting ?? false), {
      rootMargin: '100px',
    });
    if (element.current) observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  useEffect(() => {
    if (version === drawn || !isSeen || document.hidden) return;
    const who = {};
    queue(who, () => setDrawn(version));
    return () => void waiting.delete(who);
  }, [version, drawn, isSeen]);
  return drawn;
}
