// What a library must offer to be measured, and what is measured. To take part: an entry in webgpu-contestants.ts, whose
// `run` hands its training step to measureTraining (measure-training.ts).

import type { GpuCounts } from './gpu-counters.ts';
import type { BenchStep } from './steps.ts';
import type { UpdateName } from './update-rules.ts';

export interface RunPlan {
  readonly update: UpdateName;
  /** Updates before timing starts; at least LOSS_STEPS, whose losses are kept. */
  readonly warmup: number;
  /** Timed updates. */
  readonly steps: number;
}

/** The first updates, whose losses are compared with the reference. */
export const LOSS_STEPS = 5;

export interface Contestant {
  /** Unique; what --only takes. */
  readonly name: string;
  /** Of weights and activations as the products read them; f32 is compared with a tighter tolerance. */
  readonly precision: 'f32' | 'f16' | 'bf16';
  /** Rules it can run, the fullest first. */
  readonly updates: readonly UpdateName[];
  /**
   * Trains the model of one step in this process, which runs nothing else and has `navigator.gpu`. Imports its library
   * only when called. Throws an error that says why it can not.
   */
  run(step: BenchStep, plan: RunPlan): Promise<Measurement>;
}

export interface Measurement {
  /** What it ran on: the adapter in the words of the driver, or the processor and the library. */
  readonly adapter: string;
  /** Loss before each of the first LOSS_STEPS updates. */
  readonly losses: readonly number[];
  /** Of the first update in ms, with opening the device, uploading the weights and compiling before it. */
  readonly firstStepMs: number;
  /** Each timed update in ms, from the call to the end of the device's work. */
  readonly stepMs: readonly number[];
  /** Of these, the ms until everything was handed to the device; null where that can not be told apart. */
  readonly javaScriptMs: readonly number[] | null;
  /** Null where no WebGPU is used. */
  readonly gpu: GpuMeasurement | null;
}

export interface GpuMeasurement {
  /** Of one timed update (the mean). */
  readonly perStep: GpuCounts;
  /** Most bytes of GPUBuffers that were alive at once. */
  readonly peakBytes: number;
}
