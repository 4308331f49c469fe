// How long commands of ours take on the device, as a whole.

import { hasTimestamps, readTimestamps } from './profiler.ts';
import type { AtelierBackend } from './webgpu-backend.ts';

/**
 * Milliseconds that the dispatches of `run` take: at most 48 of our kernels' (tfjs submits after as many). Without
 * timestamps on the device: from the submit to the answer that they are done.
 */
export async function timeCommands(backend: AtelierBackend, run: () => void): Promise<number> {
  const { device, queue } = backend;
  backend.flush();
  if (!hasTimestamps(device)) {
    await queue.onSubmittedWorkDone();
    const started = performance.now();
    run();
    backend.flush();
    await queue.onSubmittedWorkDone();
    return performance.now() - started;
  }
  const querySet = device.createQuerySet({ type: 'timestamp', count: 2 });
  backend.beginPass({ querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 });
  run();
  backend.flush();
  const [begin, end] = await readTimestamps(device, querySet, 2);
  return Number(end! - begin!) / 1e6;
}
