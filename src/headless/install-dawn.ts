// Puts Dawn behind `navigator.gpu`, so that WebGPU is found in Node as it is in a browser: before the libraries that look
// for it are loaded.

import { create, globals } from 'webgpu';

export function installDawn(): void {
  Object.assign(globalThis, globals);
  // Times are rounded for the privacy of browsers alone.
  const gpu = create(['disable-dawn-features=timestamp_quantization']);
  Object.defineProperty(globalThis, 'navigator', { value: { gpu, userAgent: 'Node' }, configurable: true });
}
