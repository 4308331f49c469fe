// One measurement in a process of its own: `node bench.mjs measure '{"contestant": …, "step": …, "plan": …}'`, started by
// run-measurement.ts. Answers over the process channel, or on standard output when started by hand.

import { installDawn } from '../../src/headless/install-dawn.ts';
import { measureInBrowser } from './browser/measure-in-browser.ts';
import type { Measurement, RunPlan } from './contestant.ts';
import { CONTESTANTS } from './contestants.ts';
import { findStep } from './steps.ts';

export interface MeasurementRequest {
  readonly contestant: string;
  readonly step: string;
  readonly plan: RunPlan;
  /** Address of the measuring page: measures in Chromium instead of in Node. */
  readonly page: string | null;
}

export async function main([json]: readonly string[]): Promise<number> {
  const request = JSON.parse(json!) as MeasurementRequest;
  // Whoever is told to stop, or left alone, takes along what it started: Python and Chromium end on 'exit'.
  for (const end of ['SIGTERM', 'disconnect'] as const) process.on(end, () => process.exit(1));
  const measurement = await (request.page === null ? measureHere(request) : measureInBrowser(request.page, request));
  if (process.send) await new Promise((sent) => process.send!(measurement, sent));
  else process.stdout.write(`${JSON.stringify(measurement, null, 2)}\n`);
  return 0;
}

async function measureHere({ contestant: name, step, plan }: MeasurementRequest): Promise<Measurement> {
  const contestant = CONTESTANTS.find((known) => known.name === name);
  if (!contestant) throw new Error(`there is no contestant ${name}`);
  installDawn();
  return contestant.run(findStep(step), plan);
}
