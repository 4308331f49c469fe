// Where the time of a run's own commands goes: while a profiler is set on the backend, each dispatch runs in a pass of its
// own, between two timestamps. The commands stay the same, so their results do too; they only take a little longer.

/** What a dispatch does. */
export interface KernelWork {
  readonly name: string;
  /** Of the tensors that it binds, each counted once. */
  readonly bytes: number;
  /** Floating-point operations, two for a multiply-add; 0 where nobody counts them. */
  readonly flops: number;
}

export interface KernelTime extends KernelWork {
  readonly dispatches: number;
  /** Milliseconds on the device, of all its dispatches; so are bytes and floating-point operations. */
  readonly ms: number;
}

/** A query set holds at most 4096 timestamps, two a dispatch. */
const DISPATCHES_OF_A_SET = 2048;

interface TimedSet {
  readonly querySet: GPUQuerySet;
  readonly work: KernelWork[];
}

/** Whether the device can tell how long its commands take. */
export const hasTimestamps = (device: GPUDevice): boolean => device.features.has('timestamp-query');

export class Profiler {
  readonly #device: GPUDevice;
  readonly #sets: TimedSet[] = [];

  /** @param device with timestamps. */
  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Where the pass of the next dispatch notes when it begins and ends. */
  timestampsFor(work: KernelWork): GPUComputePassTimestampWrites {
    let set = this.#sets.at(-1);
    if (!set || set.work.length === DISPATCHES_OF_A_SET) {
      set = { querySet: this.#device.createQuerySet({ type: 'timestamp', count: 2 * DISPATCHES_OF_A_SET }), work: [] };
      this.#sets.push(set);
    }
    const query = 2 * set.work.push(work) - 2;
    return { querySet: set.querySet, beginningOfPassWriteIndex: query, endOfPassWriteIndex: query + 1 };
  }

  /** The times of each kernel, the slowest first. All its passes must be submitted; it is used up. */
  async finish(): Promise<KernelTime[]> {
    const totals = new Map<string, KernelTime>();
    for (const { querySet, work } of this.#sets.splice(0)) {
      const stamps = await readTimestamps(this.#device, querySet, 2 * work.length);
      for (const [i, each] of work.entries()) addTo(totals, each, Number(stamps[2 * i + 1]! - stamps[2 * i]!) / 1e6);
    }
    return [...totals.values()].sort((a, b) => b.ms - a.ms);
  }
}

function addTo(totals: Map<string, KernelTime>, { name, bytes, flops }: KernelWork, ms: number): void {
  const so = totals.get(name) ?? { name, dispatches: 0, ms: 0, bytes: 0, flops: 0 };
  totals.set(name, {
    name,
    dispatches: so.dispatches + 1,
    ms: so.ms + ms,
    bytes: so.bytes + bytes,
    flops: so.flops + flops,
  });
}

/** The first `count` timestamps of a set, in nanoseconds, after all commands so far. Destroys the set. */
export async function readTimestamps(device: GPUDevice, querySet: GPUQuerySet, count: number): Promise<BigUint64Array> {
  const bytes = 8 * count;
  const resolved = device.createBuffer({ size: bytes, usage: 0x200 | 0x4 }); // QUERY_RESOLVE | COPY_SRC
  const staging = device.createBuffer({ size: bytes, usage: 0x1 | 0x8 }); // MAP_READ | COPY_DST
  try {
    const encoder = device.createCommandEncoder();
    encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, bytes);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(0x1);
    return new BigUint64Array(staging.getMappedRange().slice(0));
  } finally {
    querySet.destroy();
    resolved.destroy();
    staging.destroy();
  }
}
