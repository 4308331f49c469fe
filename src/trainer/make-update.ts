// The optimizer with its update and the schedule, as the arguments name them or as they were given.

import type { TrainableModel } from '#nn/trainable-model.ts';
import { createOptimizer } from '#optim/create-optimizer.ts';
import { getScheduler, type LrSchedule } from '#optim/get-scheduler.ts';
import { OptimizerUpdate } from '#optim/optimizer-update.ts';
import type { ResolvedSteps } from '#protocol/run-plan.ts';
import { storageFor } from './compute-storage.ts';
import type { TrainerOptions } from './trainer-options.ts';

type Given = Pick<TrainerOptions, 'args' | 'optimizers'>;

/** The optimizer moves the parameters to a place of its own: what was recorded before knows the old one. */
export function makeUpdate(model: TrainableModel, { args, optimizers }: Given, warmupSteps: number): OptimizerUpdate {
  const optimizer = optimizers?.[0] ?? createOptimizer(model.namedParameters(), { ...args, warmupSteps });
  return new OptimizerUpdate(optimizer, {
    maxGradNorm: args.maxGradNorm,
    lossScaling: args.fp16,
    storage: storageFor(args),
  });
}

export function makeSchedule({ args, optimizers }: Given, { maxSteps, warmupSteps }: ResolvedSteps): LrSchedule {
  if (optimizers) return optimizers[1];
  return getScheduler(args.lrSchedulerType, {
    numTrainingSteps: maxSteps,
    numWarmupSteps: warmupSteps,
    learningRate: args.learningRate,
    kwargs: args.lrSchedulerKwargs,
  });
}
