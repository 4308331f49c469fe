// How this page talks to the Hub: its address, which is remembered, and the access token, which lives in memory alone
// and is gone with the page.

import { useStore } from 'zustand';
import { createJSONStorage, persist } from 'zustand/middleware';
import { createStore } from 'zustand/vanilla';
import { HUB_ENDPOINT, type HubConnection } from '#protocol/hub-messages.ts';

interface HubSession {
  readonly endpoint: string;
  readonly token: string;
}

const session = createStore<HubSession>()(
  persist((): HubSession => ({ endpoint: HUB_ENDPOINT, token: '' }), {
    name: 'atelier-hub',
    version: 1,
    storage: createJSONStorage<Pick<HubSession, 'endpoint'>>(() => localStorage),
    partialize: ({ endpoint }) => ({ endpoint }),
  }),
);

export const useHubSession = (): HubSession => useStore(session);
export const changeHubSession = (change: Partial<HubSession>): void => {
  session.setState(change);
};

export function useHubConnection(): HubConnection {
  const { endpoint, token } = useHubSession();
  return { endpoint: endpoint.trim().replace(/\/+$/, ''), token: token.trim() || null };
}
