// One measurement in a process of its own: `node bench.mjs measure '{"contestant": …, "step": …, "plan": …}'`, started by
// run-measurement.ts. Answers over the process channel, or on standard output when started by hand.

import { installDawn } from '../../src/headless/dawn.ts';
import type { RunPlan } from './contestant.ts';
import { CONTESTANTS } from './contestants.ts';
import { findStep } from './steps.ts';

export interface MeasurementRequest {
  readonly contestant: string;
  readonly step: string;
  readonly plan: RunPlan;
}

export async function main([json]: readonly string[]): Promise<number> {
  const request = JSON.parse(json!) as MeasurementRequest;
  const contestant = CONTESTANTS.find(({ name }) => name === request.contestant);
  if (!contestant) throw new Error(`there is no contestant ${request.contestant}`);
  installDawn();
  const measurement = await contestant.run(findStep(request.step), request.plan);
  if (process.send) await new Promise((sent) => process.send!(measurement, sent));
  else process.stdout.write(`${JSON.stringify(measurement, null, 2)}\n`);
  return 0;
}
