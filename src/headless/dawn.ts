// Puts Dawn behind `navigator.gpu`, so that the engine finds WebGPU in Node as it does in a browser.

import { create, globals } from 'webgpu';

export function installDawn(): void {
  Object.assign(globalThis, globals);
  Object.defineProperty(globalThis, 'navigator', { value: { gpu: create([]), userAgent: 'Node' }, configurable: true });
}
