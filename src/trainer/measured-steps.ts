// Times the steps of a run from outside: a callback, and what it found.

import type { TrainerCallback } from './callbacks/trainer-callback.ts';

export interface MeasuredSteps {
  readonly callback: TrainerCallback;
  /** Milliseconds of a step, the mean over those after the warm-up. */
  readonly stepMs: () => number;
}

/** @param warmUp steps that are not counted. Needs at least one more step after them, and the end of training. */
export function measuredSteps(warmUp: number): MeasuredSteps {
  let first = 0;
  let last = 0;
  let counted = 0;
  return {
    callback: {
      name: 'MeasureCallback',
      onStepEnd: ({ state }) => {
        if (state.globalStep === warmUp) first = performance.now();
        if (state.globalStep > warmUp) counted++;
      },
      // Steps are issued ahead of the device: only the end says when all of them were done.
      onTrainEnd: () => {
        last = performance.now();
      },
    },
    stepMs: () => (counted > 0 ? (last - first) / counted : 0),
  };
}
