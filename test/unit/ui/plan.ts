// The plan of a small run.

import type { RunPlan } from '#protocol/messages.ts';

export const PLAN: RunPlan = {
  maxSteps: 270,
  stepsPerEpoch: 90,
  numTrainEpochs: 3,
  warmupSteps: 27,
  evaluations: 3,
  saves: 1,
  checkpointBytes: 34_000_000,
  rates: [],
  evaluationSteps: [],
  saveSteps: [],
  memory: null,
  warnings: [],
};
