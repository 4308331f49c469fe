// WebGPU in Node: Dawn behind `navigator.gpu`, on the Vulkan driver that VK_DRIVER_FILES names (or the machine's GPU).

import { create, globals } from 'webgpu';
import { type Engine, initializeEngine } from '#gpu/initialize.ts';

let started: Promise<Engine> | null = null;

/** The engine on Dawn, started once a process. Throws where no adapter is found: a lane must not pass unseen. */
export function startEngine(): Promise<Engine> {
  started ??= start();
  return started;
}

async function start(): Promise<Engine> {
  Object.assign(globalThis, globals);
  Object.defineProperty(globalThis, 'navigator', { value: { gpu: create([]), userAgent: 'node' }, configurable: true });
  const engine = await initializeEngine('atelier');
  if (!engine.webgpu) throw new Error(`no WebGPU adapter: ${engine.unavailable?.message}`);
  return engine;
}
