// GPU buffers on loan, in place of tfjs's BufferManager: reuse by best fit, a part that belongs to recorded steps
// alone, and a way to give idle memory back. Commands run in order, so a buffer may be lent again as soon as the last
// command that uses it is recorded.

/** `recorded` buffers are bound in recorded steps: whoever is not one of them must never see their contents. */
type Region = 'shared' | 'recorded';

interface Loan {
  readonly key: string;
  readonly region: Region;
}

/** A shared buffer may be this much larger than asked: tighter wastes less, looser allocates less. */
const SLACK = 1.25;

export class BufferPool {
  numBytesUsed = 0;
  numBytesAllocated = 0;
  /** The most that was ever allocated at once. */
  peakBytes = 0;
  /** While true, buffers without a CPU side come from, and go back to, the recorded part. */
  recording = false;
  readonly #device: GPUDevice;
  readonly #loans = new Map<GPUBuffer, Loan>();
  /** By region and usage, ascending in size. */
  readonly #free = new Map<string, GPUBuffer[]>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** As tfjs calls it. `reuse` false: a buffer of its own, destroyed on release. */
  acquireBuffer(size: number, usage: number, mappedAtCreation = false, reuse = true): GPUBuffer {
    const region: Region = this.recording && !mappedAtCreation && reuse ? 'recorded' : 'shared';
    const key = `${region} ${usage}`;
    const buffer = (reuse ? this.#take(key, size, region) : null) ?? this.#create(size, usage, mappedAtCreation);
    this.#loans.set(buffer, { key, region });
    this.numBytesUsed += buffer.size;
    return buffer;
  }

  releaseBuffer(buffer: GPUBuffer, reuse = true): void {
    const loan = this.#loans.get(buffer);
    if (!loan) throw new Error('a buffer is released that this pool did not lend');
    this.#loans.delete(buffer);
    this.numBytesUsed -= buffer.size;
    if (!reuse) {
      this.#destroy(buffer);
      return;
    }
    const free = this.#free.get(loan.key) ?? [];
    const at = free.findIndex((other) => other.size > buffer.size);
    free.splice(at < 0 ? free.length : at, 0, buffer);
    this.#free.set(loan.key, free);
  }

  /** Destroys idle buffers. The caller has submitted every command that uses one. */
  trim(regions: readonly Region[] = ['shared']): void {
    for (const [key, free] of this.#free) {
      if (!regions.some((region) => key.startsWith(region))) continue;
      for (const buffer of free) this.#destroy(buffer);
      this.#free.delete(key);
    }
  }

  dispose(): void {
    this.trim(['shared', 'recorded']);
    for (const buffer of this.#loans.keys()) this.#destroy(buffer);
    this.#loans.clear();
    this.numBytesUsed = 0;
  }

  #take(key: string, size: number, region: Region): GPUBuffer | null {
    const free = this.#free.get(key);
    const at = free?.findIndex((buffer) => buffer.size >= size) ?? -1;
    if (!free || at < 0) return null;
    if (region === 'shared' && free[at]!.size > size * SLACK) return null;
    return free.splice(at, 1)[0]!;
  }

  #create(size: number, usage: number, mappedAtCreation: boolean): GPUBuffer {
    this.numBytesAllocated += size;
    this.peakBytes = Math.max(this.peakBytes, this.numBytesAllocated);
    return this.#device.createBuffer({ size, usage, mappedAtCreation });
  }

  #destroy(buffer: GPUBuffer): void {
    this.numBytesAllocated -= buffer.size;
    buffer.destroy();
  }
}
