// What a person prefers in this browser: kept from visit to visit.

import { useStore } from 'zustand';
import { persist } from 'zustand/middleware';
import { createStore } from 'zustand/vanilla';

interface Preferences {
  /** Tell by a notification of the system when a run ends. */
  readonly notifyAtEnd: boolean;
  /** Keep the screen on while a run trains. */
  readonly keepAwake: boolean;
  /** The engine asks nothing of the network. */
  readonly staysOffline: boolean;
}

const preferences = createStore<Preferences>()(
  persist((): Preferences => ({ notifyAtEnd: false, keepAwake: true, staysOffline: false }), {
    name: 'atelier-preferences',
    version: 1,
  }),
);

export const usePreferences = (): Preferences => useStore(preferences);

export const changePreferences = (change: Partial<Preferences>): void => {
  preferences.setState(change);
};
