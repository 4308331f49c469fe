// Where the time of a recorded step goes: every dispatch in a pass of its own, between two timestamps. Slower than the
// step itself, and coarser than its parts where a browser rounds timestamps; the shares are what counts.

import type { Recording } from './recording.ts';
import type { AtelierBackend } from './webgpu-backend.ts';

export interface KernelTime {
  readonly name: string;
  readonly dispatches: number;
  /** Of all its dispatches in one step. */
  readonly ms: number;
}

/** A query set holds at most this many timestamps. */
const MAX_QUERIES = 4096;

/**
 * Replays the recording `rounds` times, and adds up the time of each kernel, the slowest first. What the step writes, it
 * writes again: call it where that does no harm. Null on a device without timestamps.
 */
export async function profileRecording(
  backend: AtelierBackend,
  recording: Recording,
  rounds: number,
): Promise<KernelTime[] | null> {
  const names = recording.kernelNames;
  if (!backend.device.features.has('timestamp-query') || 2 * names.length > MAX_QUERIES) return null;
  const totals = new Map<string, { dispatches: number; ms: number }>();
  backend.flush();
  for (let round = 0; round < rounds; round++) {
    const times = await timeDispatches(backend, recording, names.length);
    names.forEach((name, i) => {
      const total = totals.get(name) ?? { dispatches: 0, ms: 0 };
      totals.set(name, { dispatches: total.dispatches + 1, ms: total.ms + times[i]! });
    });
  }
  return [...totals]
    .map(([name, { dispatches, ms }]) => ({ name, dispatches: dispatches / rounds, ms: ms / rounds }))
    .sort((a, b) => b.ms - a.ms);
}

/** Milliseconds of each dispatch, in order. */
async function timeDispatches(backend: AtelierBackend, recording: Recording, count: number): Promise<number[]> {
  const { device } = backend;
  const querySet = device.createQuerySet({ type: 'timestamp', count: 2 * count });
  const bytes = 16 * count;
  const resolved = device.createBuffer({ size: bytes, usage: 0x200 | 0x4 }); // QUERY_RESOLVE | COPY_SRC
  const staging = device.createBuffer({ size: bytes, usage: 0x1 | 0x8 }); // MAP_READ | COPY_DST
  try {
    const encoder = device.createCommandEncoder();
    recording.encodeTimed(encoder, querySet);
    encoder.resolveQuerySet(querySet, 0, 2 * count, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, bytes);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(0x1);
    const stamps = new BigUint64Array(staging.getMappedRange().slice(0));
    return Array.from({ length: count }, (_, i) => Number(stamps[2 * i + 1]! - stamps[2 * i]!) / 1e6);
  } finally {
    querySet.destroy();
    resolved.destroy();
    staging.destroy();
  }
}
