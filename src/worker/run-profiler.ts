// Times the kernels of a run's own updates: the next ones, when someone asks. The run's bits stay as they are, since
// nothing is computed but what the run computes anyway.

import { deviceRates } from '#gpu/device-rates.ts';
import { hasTimestamps, type KernelTime, Profiler } from '#gpu/profiler.ts';
import { type AtelierBackend, activeWebGpu } from '#gpu/webgpu-backend.ts';
import type { KernelProfile, KernelShare } from '#protocol/kernel-profile.ts';
import type { TrainerCallback } from '#trainer/callbacks/trainer-callback.ts';
import { msg } from '#util/msg.ts';
import { StudioError } from '#util/studio-error.ts';

interface Request {
  /** Updates to let pass first, and then to time. */
  wait: number;
  left: number;
  timed: number;
  readonly profiler: Profiler;
  readonly promise: Promise<KernelProfile>;
  readonly resolve: (profile: KernelProfile) => void;
  readonly reject: (error: unknown) => void;
}

export class RunProfiler {
  /** To be among the callbacks of the run. */
  readonly callback: TrainerCallback = {
    name: 'ProfilerCallback',
    onStepBegin: () => this.#begin(),
    onOptimizerStep: async () => this.#end(),
    onTrainEnd: () => this.close(),
  };
  #request: Request | null = null;

  /**
   * Times the kernels of the next `updates` updates, or of those that are still left of the run. Who asks meanwhile gets
   * the same answer.
   * @param wait updates to let pass first: those in which shaders are compiled and steps recorded. Default 0.
   * @throws StudioError E-GPU-UNAVAILABLE where the device tells no times, E-STATE when no update came any more.
   */
  profile(updates: number, wait = 0): Promise<KernelProfile> {
    if (!this.#request) {
      const profiler = new Profiler(requireTimestamps().device);
      this.#request = { wait, left: updates, timed: 0, profiler, ...makePromise<KernelProfile>() };
    }
    return this.#request.promise;
  }

  #begin(): void {
    const backend = activeWebGpu();
    if (!this.#request || !backend) return;
    if (this.#request.wait > 0) this.#request.wait--;
    else backend.profiler = this.#request.profiler;
  }

  /** What comes between two updates, such as an evaluation, is not timed. */
  async #end(): Promise<void> {
    const request = this.#request;
    const backend = activeWebGpu();
    if (!request || !backend?.profiler) return;
    backend.profiler = null;
    request.timed++;
    request.left--;
    if (request.left === 0) await this.close();
  }

  /** Answers with what was timed so far. */
  async close(): Promise<void> {
    const request = this.#request;
    const backend = activeWebGpu();
    this.#request = null;
    if (!request || !backend) return;
    // The update under way when the run failed.
    backend.profiler = null;
    if (request.timed === 0) return request.reject(nothingTimed());
    try {
      backend.flush();
      request.resolve(await summarize(backend, await request.profiler.finish(), request.timed));
    } catch (error) {
      request.reject(error);
    }
  }
}

/** `Promise.withResolvers`, which Node 20 lacks. */
function makePromise<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((done, failed) => {
    resolve = done;
    reject = failed;
  });
  return { promise, resolve, reject };
}

async function summarize(
  backend: AtelierBackend,
  times: readonly KernelTime[],
  updates: number,
): Promise<KernelProfile> {
  const { bytesPerSecond, flopsPerSecond } = await deviceRates(backend);
  const total = times.reduce((sum, { ms }) => sum + ms, 0);
  const share = (amount: number, ms: number, most: number): number => (ms === 0 ? 0 : (1000 * amount) / ms / most);
  const kernels = times.map(
    ({ name, dispatches, ms, bytes, flops }): KernelShare => ({
      name,
      dispatches: dispatches / updates,
      ms: ms / updates,
      timeShare: total === 0 ? 0 : ms / total,
      bytes: bytes / updates,
      bandwidthShare: share(bytes, ms, bytesPerSecond),
      flops: flops === 0 ? null : flops / updates,
      computeShare: flops === 0 ? null : share(flops, ms, flopsPerSecond),
    }),
  );
  return { updates, ms: total / updates, bytesPerSecond, flopsPerSecond, kernels };
}

function requireTimestamps(): AtelierBackend {
  const backend = activeWebGpu();
  if (backend && hasTimestamps(backend.device)) return backend;
  throw new StudioError(
    'E-GPU-UNAVAILABLE',
    backend
      ? msg`This device does not tell how long its commands take (WebGPU feature timestamp-query), so its kernels can not be timed.`
      : msg`Only kernels on WebGPU can be timed, and this run has none.`,
    {
      hint: msg`Chrome and Edge tell times on most GPUs. The speed of the whole run is in its log, as train_steps_per_second.`,
      safe: msg`The run is not disturbed.`,
    },
  );
}

const nothingTimed = (): StudioError =>
  new StudioError('E-STATE', msg`The run ended before an update could be timed.`, {
    hint: msg`Ask again while a run trains.`,
    safe: msg`The run is not disturbed.`,
  });
