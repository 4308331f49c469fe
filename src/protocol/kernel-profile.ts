// Where the time of a run's updates goes, kernel by kernel.

export interface KernelProfile {
  /** Updates that were timed. What is told of a kernel is the mean over them. */
  readonly updates: number;
  /** Milliseconds of all kernels of an update on the device. */
  readonly ms: number;
  /** What this device copies, read and written bytes together, and what it computes in f32 at best, as measured. */
  readonly bytesPerSecond: number;
  readonly flopsPerSecond: number;
  /** The slowest first. */
  readonly kernels: readonly KernelShare[];
}

export interface KernelShare {
  /** tfjs's own begin with `tfjs`. */
  readonly name: string;
  readonly dispatches: number;
  /** Milliseconds on the device, of all its dispatches. Where a browser rounds times, so is each of them. */
  readonly ms: number;
  /** Of the time of all kernels, in [0, 1]. */
  readonly timeShare: number;
  /** Of the tensors that it binds, each counted once. */
  readonly bytes: number;
  /** Those bytes a second, as a share of `bytesPerSecond`. Above 1 where it reads only parts of what it binds. */
  readonly bandwidthShare: number;
  /** Floating-point operations, two for a multiply-add; null where they are not counted, since they hardly matter. */
  readonly flops: number | null;
  /** They a second, as a share of `flopsPerSecond`. */
  readonly computeShare: number | null;
}
