// What Start will do, in numbers: shown by the studio before it.

import { optimizerStateBytes } from '#optim/create-optimizer.ts';
import { getScheduler } from '#optim/get-scheduler.ts';
import type { RunPlan, RunSetup } from '#protocol/messages.ts';
import { computeRunPlan, type ResolvedSteps } from '#protocol/run-plan.ts';
import { checkEarlyStopping } from '#trainer/callbacks/early-stopping-callback.ts';
import { describeRun } from './describe-run.ts';
import { sizeOf } from './model-summary.ts';
import { planRunMemory } from './plan-memory.ts';
import { sampleOpened, type TaskParts } from './prepare-task.ts';
import { parsedArguments } from './run-arguments.ts';

/** The engine is ready: memory is planned on a backend like its own. @throws StudioError for what does not fit together. */
export async function planRun(parts: TaskParts & { readonly setup: RunSetup }): Promise<RunPlan> {
  const { setup, model } = parts;
  const { args } = parsedArguments(setup);
  if (setup.earlyStopping) checkEarlyStopping(args);
  const sample = await sampleOpened(parts);
  const peft = setup.peft ?? null;
  const { network } = describeRun(model, sample, peft);
  const parameters = [...network.namedParameters().values()];
  const state = args.saveOnlyModel ? 0 : optimizerStateBytes(parameters, args);
  const checkpointBytes = 4 * sizeOf(parameters) + state;
  const memory = planRunMemory({ model, data: sample, taskOptions: setup.options, peft, args });
  let scheduler: ReturnType<typeof getScheduler> | null = null;
  const schedule = (completed: number, { maxSteps, warmupSteps }: ResolvedSteps): number => {
    scheduler ??= getScheduler(args.lrSchedulerType, {
      numTrainingSteps: maxSteps,
      numWarmupSteps: warmupSteps,
      learningRate: args.learningRate,
      kwargs: args.lrSchedulerKwargs,
    });
    return scheduler(completed);
  };
  return computeRunPlan({ trainSamples: sample.trainExamples, args, checkpointBytes, memory, schedule });
}
