// HF's TrainerMemoryTracker for the device: what a stage took, unless skip_memory_metrics leaves it out.

import { meterMemory } from '#nn/tensor-access.ts';
import type { Metrics } from './evaluation-loop.ts';

/** Keys begin with it, whatever the prefix of the other metrics. */
type Stage = 'train' | 'eval' | 'test';

export class MemoryTracker {
  readonly #skip: boolean;
  #stage: Stage | null = null;
  #read: ReturnType<typeof meterMemory> = null;

  constructor(skip: boolean) {
    this.#skip = skip;
  }

  /** Within another stage it has no effect: evaluations of training are part of training. */
  start(stage: Stage): void {
    if (this.#skip || (this.#stage ?? stage) !== stage) return;
    this.#stage = stage;
    this.#read = meterMemory();
  }

  /** @returns bytes; nothing within another stage, and where nobody counts them. */
  stop(stage: Stage): Metrics {
    if (this.#stage !== stage) return {};
    this.#stage = null;
    const taken = this.#read?.();
    if (!taken) return {};
    return { [`${stage}_mem_gpu_alloc_delta`]: taken.alloc, [`${stage}_mem_gpu_peaked_delta`]: taken.peaked };
  }
}
