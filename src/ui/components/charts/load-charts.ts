// The code of the charts, a chunk of its own. It is fetched once the page has nothing else to do, so that a run can
// still be shown when the network has gone.

import { lazy } from 'react';

const loadCharts = () => import('./charts-grid.tsx');

export const ChartsGrid = lazy(() => loadCharts().then((module) => ({ default: module.ChartsGrid })));

/** Called by the shell when it is there. A fetch that fails is made again when charts are shown. */
export function prefetchCharts(): void {
  const fetchNow = (): void => void loadCharts().catch(() => undefined);
  if (typeof window.requestIdleCallback === 'function') window.requestIdleCallback(fetchNow);
  else setTimeout(fetchNow, 1000);
}
