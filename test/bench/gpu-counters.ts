// Counts what a library asks of WebGPU, by wrapping the prototypes of WebGPU's own classes. Works in Node on Dawn and in
// browsers; install it before the library opens its device. Used by every contestant, so that all are counted alike.

export interface GpuCounts {
  readonly dispatches: number;
  readonly submits: number;
  readonly bindGroups: number;
  /** Buffers created. */
  readonly buffers: number;
}

export interface GpuCounters {
  /** Since installation. */
  counts(): GpuCounts;
  /** Most bytes of buffers created and not yet destroyed. A buffer left to the garbage collector counts on. */
  peakBytes(): number;
  /** performance.now() when the last submit returned. */
  lastSubmitAt(): number;
  /** The device that the library opened. Throws when it opened none, or several. */
  device(): GPUDevice;
}

/** Calls `after` behind every call of a method, with its receiver, result and first argument. */
function observe<T extends object, K extends keyof T>(
  prototype: T,
  method: K,
  after: (receiver: object, result: unknown) => void,
): void {
  const original = prototype[method] as (...args: unknown[]) => unknown;
  const wrapped = function (this: object, ...args: unknown[]): unknown {
    const result = original.apply(this, args);
    after(this, result);
    return result;
  };
  Object.defineProperty(prototype, method, { value: wrapped, configurable: true, writable: true });
}

export function installGpuCounters(): GpuCounters {
  const counts = { dispatches: 0, submits: 0, bindGroups: 0, buffers: 0 };
  const bytes = trackBytes(() => (counts.buffers += 1));
  const opened: GPUDevice[] = [];
  let lastSubmitAt = 0;
  observe(GPUComputePassEncoder.prototype, 'dispatchWorkgroups', () => (counts.dispatches += 1));
  observe(GPUComputePassEncoder.prototype, 'dispatchWorkgroupsIndirect', () => (counts.dispatches += 1));
  observe(GPUDevice.prototype, 'createBindGroup', () => (counts.bindGroups += 1));
  observe(GPUQueue.prototype, 'submit', () => {
    counts.submits += 1;
    lastSubmitAt = performance.now();
  });
  observe(GPUAdapter.prototype, 'requestDevice', (_adapter, result) => {
    void (result as Promise<GPUDevice>).then((device) => opened.push(device));
  });
  return {
    counts: () => ({ ...counts }),
    peakBytes: () => bytes.peak,
    lastSubmitAt: () => lastSubmitAt,
    device: () => {
      const [only] = opened;
      if (!only || opened.length > 1)
        throw new Error(`expected the library to open one device, it opened ${opened.length}`);
      return only;
    },
  };
}

function trackBytes(onCreate: () => void): { readonly peak: number } {
  const alive = new WeakMap<object, number>();
  const bytes = { now: 0, peak: 0 };
  observe(GPUDevice.prototype, 'createBuffer', (_device, result) => {
    const { size } = result as GPUBuffer;
    alive.set(result as GPUBuffer, size);
    bytes.now += size;
    bytes.peak = Math.max(bytes.peak, bytes.now);
    onCreate();
  });
  observe(GPUBuffer.prototype, 'destroy', (buffer) => {
    bytes.now -= alive.get(buffer) ?? 0;
    alive.delete(buffer);
  });
  return bytes;
}
