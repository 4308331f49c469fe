// How much of the GPU's memory a run takes, told before it begins: its steps on the longest batch are run on a device that
// does nothing, and what they allocate is counted.

import { ForwardSteps } from '#nn/forward-steps.ts';
import { Gradients } from '#nn/gradients.ts';
import { type DryMeter, dryRun, type Tensor, trimPool } from '#nn/tensor-access.ts';
import type { TrainableModel } from '#nn/trainable-model.ts';
import type { OptimizerUpdate } from '#optim/optimizer-update.ts';
import type { MemoryPlan } from '#protocol/memory-plan.ts';
import type { TrainingArguments } from '#protocol/training-arguments.ts';
import type { Batch } from '#util/nd-array.ts';
import { TensorSnapshot } from './checkpoint-contents.ts';
import { checkpointEveryOf, storageFor } from './compute-storage.ts';
import { makeUpdate } from './make-update.ts';

export interface MemoryPlanParts {
  /** Made for this: it is disposed. */
  readonly model: TrainableModel;
  /** Gives the parameters values, any. */
  readonly load: () => void;
  readonly args: TrainingArguments;
  /** The largest that training will see. */
  readonly batch: Batch;
  /** The largest of the evaluations; null: there are none. */
  readonly evalBatch: Batch | null;
  /** Whether evaluations read logits. */
  readonly evaluatesLogits: boolean;
  /** Whether the model is saved at the end, whatever save_strategy says. */
  readonly savesModel: boolean;
}

/** A step runs eagerly first, then it is recorded, then replayed. */
const ROUNDS = 3;

/** @returns null where there is no WebGPU, and so nobody who counts. */
export const planMemory = (parts: MemoryPlanParts): MemoryPlan | null => dryRun((meter) => plan(parts, meter));

function plan(parts: MemoryPlanParts, meter: DryMeter): MemoryPlan {
  const { model, args } = parts;
  parts.load();
  const update = makeUpdate(model, { args }, 0);
  const persistent = sizesOf(model, update, meter);
  const training = peakOf(meter, () => train(parts, update));
  const forward = new ForwardSteps(model, { storage: storageFor(args), labelSmoothing: args.labelSmoothingFactor });
  const evaluation = peakOf(meter, () => evaluate(parts, forward));
  const checkpoint = peakOf(meter, () => save(parts, update));
  const logits = logitsOf(parts, forward);
  forward.dispose();
  update.dispose();
  model.dispose?.();
  const { weights, gradients, optimizer } = persistent;
  return {
    ...persistent,
    activations: Math.max(0, training - weights - gradients - optimizer),
    logits,
    training,
    evaluation,
    checkpoint,
    peak: Math.max(training, evaluation, checkpoint),
  };
}

/** 0 where nothing is done. */
function peakOf(meter: DryMeter, run: () => boolean): number {
  meter.startPeak();
  return run() ? meter.peakBytes : 0;
}

const bytesOf = (tensors: Iterable<Tensor>): number => [...tensors].reduce((sum, { size }) => sum + 4 * size, 0);

function sizesOf(model: TrainableModel, update: OptimizerUpdate, meter: DryMeter) {
  const optimizer = bytesOf(update.optimizer.stateTensors().values());
  const gradients = [...model.namedParameters().values()].reduce((sum, { size }) => sum + 4 * size, 0);
  return { weights: meter.liveBytes - optimizer - gradients, gradients, optimizer };
}

function train({ model, args, batch: given }: MemoryPlanParts, update: OptimizerUpdate): true {
  const gradients = new Gradients(model, {
    seed: args.seed,
    storage: storageFor(args),
    labelSmoothing: args.labelSmoothingFactor,
    checkpointEvery: checkpointEveryOf(args),
    neftuneNoiseAlpha: args.neftuneNoiseAlpha ?? 0,
    lossScale: update.lossScale,
    sinks: update.sinks,
  });
  const batch = model.bucket?.(given) ?? given;
  const items = args.gradientAccumulationSteps * model.itemsIn(batch);
  const numItemsInBatch = model.acceptsLossKwargs ? items : null;
  // Beyond the second micro-batch of an update nothing new is recorded.
  const micros = Math.min(2, args.gradientAccumulationSteps);
  for (let round = 0; round < ROUNDS; round++) {
    update.begin();
    for (let micro = 0; micro < micros; micro++)
      gradients.addMicroBatch({ batch, forwardStep: 0, numItemsInBatch }, micro === 0);
    update.step(gradients.byName, args.learningRate);
    gradients.clear();
    trimPool();
  }
  gradients.dispose();
  return true;
}

function evaluate({ evalBatch, evaluatesLogits }: MemoryPlanParts, forward: ForwardSteps): boolean {
  if (!evalBatch) return false;
  for (let round = 0; round < ROUNDS; round++) runOnce(forward, evalBatch, evaluatesLogits);
  return true;
}

function save({ model, args, savesModel }: MemoryPlanParts, update: OptimizerUpdate): boolean {
  const saves = args.saveStrategy !== 'no';
  if (!saves && !savesModel) return false;
  TensorSnapshot.take(model, saves && !args.saveOnlyModel ? update : null).dispose();
  return true;
}

const logitsOf = ({ batch }: MemoryPlanParts, forward: ForwardSteps): number => 4 * runOnce(forward, batch, true);

/** @returns elements of the logits, where they are kept. */
function runOnce(forward: ForwardSteps, batch: Batch, wantsLogits: boolean): number {
  const { logits, loss } = forward.run(batch, wantsLogits);
  const size = logits?.size ?? 0;
  logits?.dispose();
  loss?.dispose();
  return size;
}
