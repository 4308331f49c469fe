// The reference losses: PyTorch in float64 on the very weights and batches of the steps, kept in reference-losses.json so
// that a run needs no Python to know whether a contestant is right.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReferenceLosses } from './agreement.ts';
import { LOSS_STEPS } from './contestant.ts';
import { runPytorch } from './peers/pytorch.ts';
import type { BenchStep } from './steps.ts';
import type { UpdateName } from './update-rules.ts';

const PATH = join(import.meta.dirname, 'reference-losses.json');

export async function readReference(): Promise<ReferenceLosses> {
  return JSON.parse(await readFile(PATH, 'utf8')) as ReferenceLosses;
}

/** Computes the losses of these steps anew; those of other steps stay. */
export async function writeReference(steps: readonly BenchStep[]): Promise<void> {
  const known: Record<string, ReferenceLosses[string]> = { ...(await readReference()) };
  for (const step of steps) {
    const losses = async (update: UpdateName): Promise<readonly number[]> =>
      (await runPytorch(step, { update, warmup: LOSS_STEPS, steps: 0 }, 'float64')).losses;
    known[step.id] = { adamw: await losses('adamw'), adam: await losses('adam') };
  }
  // The losses of a run on one line, as the formatter wants them.
  const json = JSON.stringify(known, null, 2).replaceAll(/\[[^\]]+\]/g, (run) =>
    JSON.stringify(JSON.parse(run)).replaceAll(',', ', '),
  );
  await writeFile(PATH, `${json}\n`);
}
