// Puts Dawn behind `navigator.gpu`, so that the engine finds WebGPU in Node as it does in a browser.

import { create, globals } from 'webgpu';
import { type Engine, initializeEngine } from '#gpu/initialize.ts';

export function installDawn(): void {
  Object.assign(globalThis, globals);
  Object.defineProperty(globalThis, 'navigator', {
    value: { gpu: create(['disable-dawn-features=timestamp_quantization']), userAgent: 'Node' },
    configurable: true,
  });
}

let started: Promise<Engine> | null = null;

/** The engine on Dawn, started once a process however many runs there are. */
export function startEngine(): Promise<Engine> {
  if (!started) {
    installDawn();
    started = initializeEngine();
  }
  return started;
}
