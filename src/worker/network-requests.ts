// What the engine has asked of any network since it began.

import type { NetworkRequest } from '#protocol/messages.ts';

const MOST = 1000;
const requests: NetworkRequest[] = [];

new PerformanceObserver((list) => {
  for (const entry of list.getEntries() as PerformanceResourceTiming[])
    requests.push({
      address: entry.name,
      startedAt: performance.timeOrigin + entry.startTime,
      bytes: entry.transferSize,
    });
  requests.splice(0, Math.max(0, requests.length - MOST));
}).observe({ type: 'resource', buffered: true });

export const networkRequests = (): readonly NetworkRequest[] => requests;
