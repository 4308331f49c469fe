// jax-js (npm) in its best form for these steps: jitted loss and gradient, jitted AdamW.
// Ownership rule of the library: passing an array spends one reference, so `x.ref` is written for every use but the last.

import './iterator-helpers.ts';
import { defaultDevice, init, type Array as Jax, jit, numpy as np, valueAndGrad } from '@jax-js/jax';
import type { Measurement, RunPlan } from '../contestant.ts';
import { initialWeights } from '../initial-weights.ts';
import { measureTraining, type TrainingStep } from '../measure-training.ts';
import type { BenchStep } from '../steps.ts';
import type { UpdateName } from '../update-rules.ts';
import { type Arrays, arraysOf, bertInputs, bertLoss, gptInputs, gptLoss } from './jax-js-models.ts';
import { makeUpdate } from './jax-js-update.ts';

export function runJaxJs(step: BenchStep, plan: RunPlan): Promise<Measurement> {
  const weights = initialWeights(step);
  return measureTraining(plan, async () => {
    if (!(await init('webgpu')).includes('webgpu')) throw new Error('jax-js finds no WebGPU');
    defaultDevice('webgpu');
    return startTraining(step, plan.update, arraysOf(step, weights));
  });
}

const refs = (arrays: Arrays): Arrays => Object.fromEntries(Object.entries(arrays).map(([name, x]) => [name, x.ref]));

function startTraining(step: BenchStep, updateName: UpdateName, initial: Arrays): TrainingStep {
  const loss = step.family === 'gpt' ? gptLoss(step) : bertLoss(step);
  const inputs = step.family === 'gpt' ? () => gptInputs(step) : () => bertInputs(step);
  const lossAndGradient = jit(valueAndGrad(loss));
  const { rule, biasCorrections } = makeUpdate(updateName, step.learningRate);
  const update = jit(rule);
  const zeros = (): Arrays => Object.fromEntries(Object.entries(initial).map(([name, x]) => [name, np.zeros(x.shape)]));
  let state = { params: initial, first: zeros(), second: zeros() };
  let last: Jax | null = null;
  let count = 0;
  return {
    update: async () => {
      count += 1;
      last?.dispose();
      const [value, gradients] = lossAndGradient(refs(state.params), inputs());
      last = value;
      state = update(state, gradients, biasCorrections(count));
      // Queueing ahead makes it slower (its issue 151), so each update is waited for, by one of its results.
      await Object.values(state.params)[0]!.blockUntilReady();
    },
    loss: async () => Number((await last!.ref.jsAsync()) as number),
  };
}
