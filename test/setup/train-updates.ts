// Updates of a small model, eager or replayed, with everything that tells two runs apart.

import { memoryUse } from '#gpu/memory.ts';
import { readTensor } from '#gpu/read-back.ts';
import type { ComputeStorage, TrainingForward } from '#nn/forward-context.ts';
import { Gradients } from '#nn/gradients.ts';
import type { TrainableModel } from '#nn/trainable-model.ts';
import { AdamW } from '#optim/adamw.ts';
import { makeParamGroups } from '#optim/optimizer.ts';
import { OptimizerUpdate } from '#optim/optimizer-update.ts';
import type { Batch } from '#util/nd-array.ts';

export interface Trained {
  readonly losses: number[];
  readonly weights: Float32Array[];
  readonly modes: readonly string[];
  readonly allocated: readonly number[];
}

export interface TrainingCase {
  readonly makeModel: () => Promise<TrainableModel & { dispose(): void }>;
  /** Updates of two micro-batches each. */
  readonly updates: number;
  readonly batchAt: (step: number) => Batch;
}

/** Dropout on, where the model has any. @param recordedSteps see `StepCache`; 0: all are eager. */
export async function trainUpdates(
  { makeModel, updates, batchAt }: TrainingCase,
  storage: ComputeStorage,
  recordedSteps: number,
  besides: TrainingForward = {},
): Promise<Trained> {
  const model = await makeModel();
  const update = new OptimizerUpdate(
    new AdamW(makeParamGroups(model.namedParameters(), 0.01), { betas: [0.9, 0.999], eps: 1e-8 }),
    { maxGradNorm: 1, lossScaling: storage === 'f16', storage, recordedSteps },
  );
  const { lossScale, sinks } = update;
  const options = { seed: 5, storage, labelSmoothing: 0.1, lossScale, sinks, recordedSteps, ...besides };
  const gradients = new Gradients(model, options);
  const result = { losses: [] as number[], modes: [] as string[], allocated: [] as number[] };
  for (let step = 0; step < updates; step++) {
    update.begin();
    for (const micro of [0, 1]) {
      const source = { batch: batchAt(step + micro), forwardStep: 2 * step + micro, numItemsInBatch: 8 };
      result.modes.push(gradients.addMicroBatch(source, micro === 0));
      result.losses.push((await readTensor(gradients.loss))[0]!);
    }
    update.step(gradients.byName, 1e-3 * (1 - step / updates));
    gradients.clear();
    result.allocated.push(memoryUse().allocatedBytes);
  }
  const weights = await Promise.all(
    [...model.namedParameters().values()].map(async ({ variable }) => (await readTensor(variable)) as Float32Array),
  );
  gradients.dispose();
  update.dispose();
  model.dispose();
  return { ...result, weights };
}
