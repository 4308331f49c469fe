// Times a training step on WebGPU, the same way for every library.

import { LOSS_STEPS, type Measurement, type RunPlan } from './contestant.ts';
import { type GpuCounts, installGpuCounters } from './gpu-counters.ts';

/** A model, its optimizer and its batch, ready to be trained. */
export interface TrainingStep {
  /** One update, from uploading the batch on. Resolves when all of its work is submitted, or later. */
  update(): Promise<void>;
  /** The loss that the last update began with. */
  loss(): Promise<number>;
}

/** @param start opens the device, uploads the weights and builds the step; weights are computed before it is called. */
export async function measureTraining(plan: RunPlan, start: () => Promise<TrainingStep>): Promise<Measurement> {
  const counters = installGpuCounters();
  const begun = performance.now();
  const training = await start();
  const { queue, adapterInfo } = counters.device();
  const finishUpdate = async (): Promise<void> => {
    await training.update();
    await queue.onSubmittedWorkDone();
  };
  await finishUpdate();
  const firstStepMs = performance.now() - begun;
  const losses = [await training.loss()];
  for (let step = 1; step < plan.warmup; step += 1) {
    await finishUpdate();
    if (step < LOSS_STEPS) losses.push(await training.loss());
  }
  const stepMs: number[] = [];
  const javaScriptMs: number[] = [];
  const before = counters.counts();
  for (let step = 0; step < plan.steps; step += 1) {
    const start = performance.now();
    await finishUpdate();
    stepMs.push(performance.now() - start);
    javaScriptMs.push(counters.lastSubmitAt() - start);
  }
  return {
    adapter: describeAdapter(adapterInfo),
    losses,
    firstStepMs,
    stepMs,
    javaScriptMs,
    gpu: { perStep: meanCounts(before, counters.counts(), plan.steps), peakBytes: counters.peakBytes() },
  };
}

const describeAdapter = ({ vendor, architecture, device, description }: GPUAdapterInfo): string =>
  [vendor, architecture, device, description].filter(Boolean).join(' ');

function meanCounts(before: GpuCounts, after: GpuCounts, steps: number): GpuCounts {
  const mean = (name: keyof GpuCounts): number => (after[name] - before[name]) / steps;
  return {
    dispatches: mean('dispatches'),
    submits: mean('submits'),
    bindGroups: mean('bindGroups'),
    buffers: mean('buffers'),
  };
}
