// The engine in Node, on Dawn.

import { type Engine, initializeEngine } from '#gpu/initialize.ts';
import { installDawn } from './install-dawn.ts';

let started: Promise<Engine> | null = null;

/** The engine on Dawn, started once a process however many runs there are. */
export function startEngine(): Promise<Engine> {
  if (!started) {
    installDawn();
    started = initializeEngine();
  }
  return started;
}
