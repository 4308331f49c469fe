// The page that measures in a browser: offers `measureHere` to measure-in-browser.ts, which drives it.

import type { Measurement, RunPlan } from '../contestant.ts';
import { findStep } from '../steps.ts';
import { WEBGPU_CONTESTANTS } from '../webgpu-contestants.ts';

declare global {
  interface Window {
    measureHere?: (contestant: string, step: string, plan: RunPlan) => Promise<Measurement>;
  }
}

window.measureHere = async (name, step, plan) => {
  const contestant = WEBGPU_CONTESTANTS.find((known) => known.name === name);
  if (!contestant) throw new Error(`${name} does not run in a browser`);
  return contestant.run(findStep(step), plan);
};
