// Other values of a few arguments between two steps of a run. Which they may be: `protocol/hot-arguments.ts`.

import type { TrainingArguments } from '#protocol/training-arguments.ts';
import type { TrainerState } from './trainer-state.ts';

type Changeable = Pick<TrainingArguments, 'learningRate' | 'maxGradNorm' | 'loggingSteps' | 'evalSteps' | 'saveSteps'>;

/**
 * The schedule goes on at its step with the new rate; cadences count from step 0, as ever.
 * @param args of the Trainer: everything in it reads them anew at each step.
 */
export function changeArguments(
  { args, state }: { readonly args: TrainingArguments; readonly state: TrainerState },
  { learningRate, maxGradNorm, loggingSteps, evalSteps, saveSteps }: Changeable,
): void {
  Object.assign(args, { learningRate, maxGradNorm, loggingSteps, evalSteps, saveSteps } satisfies Changeable);
  const steps = (value: number): number => (value < 1 ? Math.ceil(state.maxSteps * value) : value);
  state.loggingSteps = steps(loggingSteps);
  if (evalSteps !== null) state.evalSteps = steps(evalSteps);
  state.saveSteps = steps(saveSteps);
}
