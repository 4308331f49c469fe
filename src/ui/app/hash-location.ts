// The place of a screen and its state, both in the part of the address behind `#`: a static host needs no rules, and a
// copied address shows the same. For wouter's Router.

import { useSyncExternalStore } from 'react';

interface NavigateOptions {
  readonly replace?: boolean;
}

const current = (): string => `/${location.hash.replace(/^#?\/?/, '')}`;

function subscribe(changed: () => void): () => void {
  addEventListener('hashchange', changed);
  return () => removeEventListener('hashchange', changed);
}

function navigate(to: string, { replace = false }: NavigateOptions = {}): void {
  const url = new URL(location.href);
  url.hash = to;
  history[replace ? 'replaceState' : 'pushState'](null, '', url);
  // Neither tells of itself.
  dispatchEvent(new HashChangeEvent('hashchange'));
}

function useHashLocation(): [string, typeof navigate] {
  const place = useSyncExternalStore(subscribe, current);
  return [place.split('?', 1)[0]!, navigate];
}

function useHashSearch(): string {
  const place = useSyncExternalStore(subscribe, current);
  return place.slice(place.split('?', 1)[0]!.length);
}

export const hashLocation = Object.assign(useHashLocation, {
  hrefs: (href: string): string => `#${href}`,
  searchHook: useHashSearch,
});
