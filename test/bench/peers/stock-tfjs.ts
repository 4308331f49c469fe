// Stock tfjs: its own WebGPU backend with its defaults, its own operations, and tf.train.adam.

import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-webgpu';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { Measurement, RunPlan } from '../contestant.ts';
import { initialWeights, type Weight } from '../initial-weights.ts';
import { measureTraining, type TrainingStep } from '../measure-training.ts';
import type { BenchStep } from '../steps.ts';
import { UPDATE_RULES } from '../update-rules.ts';
import { bertLoss, gptLoss } from './tfjs-models.ts';

export function runStockTfjs(step: BenchStep, plan: RunPlan): Promise<Measurement> {
  const weights = initialWeights(step);
  return measureTraining(plan, async () => {
    if (!(await tf.setBackend('webgpu'))) throw new Error('tfjs can not start its webgpu backend');
    return startTraining(step, weights);
  });
}

function startTraining(step: BenchStep, weights: readonly Weight[]): TrainingStep {
  const params = new Map(
    weights.map(({ name, shape, data }) => [name, tf.variable(tf.tensor(data, [...shape]), true, name)]),
  );
  const lossOf = step.family === 'gpt' ? gptLoss(step) : bertLoss(step);
  const { beta1, beta2, epsilon } = UPDATE_RULES.adam;
  const optimizer = tf.train.adam(step.learningRate, beta1, beta2, epsilon);
  let last: tf.Scalar | null = null;
  return {
    update: async () => {
      last?.dispose();
      last = optimizer.minimize(() => lossOf(params), true, [...params.values()]);
      submit(tf.backend() as WebGPUBackend);
    },
    loss: async () => (await last!.data())[0]!,
  };
}

/** What its own read-back does first; `commandEncoder` is private in TypeScript alone. */
function submit(backend: WebGPUBackend): void {
  backend.endComputePassEncoder();
  if ((backend as unknown as { commandEncoder: GPUCommandEncoder | null }).commandEncoder) backend.submitQueue();
}
