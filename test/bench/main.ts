// `npm run bench`: one command, one machine, side by side: how fast and how large the same training steps are in Atelier
// and in what else trains on WebGPU, and in PyTorch on the CPU where Python has torch and transformers.
//
//   npm run bench                                the small steps, everyone
//   npm run bench -- --step gpt-2l --only jax-js one step, one contestant (both may be repeated)
//   npm run bench -- --large                     also the steps that want a real GPU
//   npm run bench -- --browser                   WebGPU in Chromium (SwiftShader, or STUDIO_TEST_GPU=1) instead of in Node
//   npm run bench -- --update adam               plain Adam for everyone (default: the fullest rule that each one has)
//   npm run bench -- --steps 20 --limit 900      timed updates; seconds that one measurement may take
//   npm run bench -- --json out.json --write     the report as JSON; and put in front of test/bench/RESULTS.md
//   npm run bench -- --write-reference           compute the reference losses anew (needs Python)
//   npm run bench -- --attention                 the forms of attention, by length
//
// How to read the table. Everyone trains the same model (steps.ts) from the same weights on the same batch, in f32 unless
// the name says otherwise. The losses before the first five updates must equal those of PyTorch in float64, within the
// tolerance of agreement.ts ("loss differs by" is the largest relative difference); whoever differs is shown without times.
// "first step s" is from loaded libraries and no device, with cold shader caches, to the end of the first update.
// "step ms" is the median of the timed updates, each waited for to the end of the device's work; "JavaScript ms" is its
// part until the last submit returned. "peak MB" counts bytes of GPUBuffers alive at once. "GFLOP/s" counts the matrix
// products alone.
// `adamw` clips the global norm to 1 and decays matrices by 0.01; `adam` does neither.

import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { compareLosses, type ReferenceLosses } from './agreement.ts';
import { servePage } from './browser/serve-page.ts';
import { type CommandLine, readCommandLine, USAGE } from './command-line.ts';
import { type Contestant, LOSS_STEPS } from './contestant.ts';
import type { MeasurementRequest } from './measure.ts';
import { packageVersions } from './package-versions.ts';
import { readReference, writeReference } from './reference.ts';
import { type Outcome, type Row, toMarkdown } from './report.ts';
import { prependResults } from './results-file.ts';
import { runMeasurement } from './run-measurement.ts';
import { flopsOf } from './steps.ts';
import { WEBGPU_CONTESTANTS } from './webgpu-contestants.ts';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** @returns the exit code: 0 when someone was measured and nobody differs, 1 when not, 2 for a wrong command line. */
export async function main(argv: readonly string[]): Promise<number> {
  let commandLine: CommandLine;
  try {
    commandLine = readCommandLine(argv);
  } catch (error) {
    say(`${(error as Error).message}\n${USAGE}`);
    return 2;
  }
  if (commandLine.writeReference) {
    await writeReference(commandLine.steps);
    return 0;
  }
  if (commandLine.attention) {
    const { measureAttentionForms } = await import('./attention-forms.ts');
    process.stdout.write(`${await measureAttentionForms()}\n`);
    return 0;
  }
  const date = new Date().toISOString();
  const page = commandLine.browser ? await servePage() : null;
  const rows = await measureAll(commandLine, await readReference(), page?.url ?? null);
  await page?.close();
  const command = ['npm run bench', ...(argv.length > 0 ? ['--', ...argv] : [])].join(' ');
  const report = { date, machine: describeMachine(), command, versions: packageVersions(), rows };
  const markdown = toMarkdown(report);
  process.stdout.write(`${markdown}\n`);
  if (commandLine.json !== null) await writeFile(commandLine.json, `${JSON.stringify(report, null, 2)}\n`);
  if (commandLine.write) await prependResults(markdown);
  const found = (kind: Outcome['kind']): boolean => rows.some(({ outcome }) => outcome.kind === kind);
  return found('agrees') && !found('differs') ? 0 : 1;
}

async function measureAll(commandLine: CommandLine, reference: ReferenceLosses, page: string | null): Promise<Row[]> {
  const rows: Row[] = [];
  for (const step of commandLine.steps) {
    for (const contestant of commandLine.contestants) {
      const update = commandLine.update ?? contestant.updates[0]!;
      say(`${step.id}: ${contestant.name}, ${update}`);
      const plan = { update, warmup: LOSS_STEPS, steps: commandLine.timedSteps };
      const inPage = WEBGPU_CONTESTANTS.includes(contestant) ? page : null;
      const request = { contestant: contestant.name, step: step.id, plan, page: inPage };
      const outcome = await measure(contestant, request, commandLine.limitSeconds, reference[step.id]?.[update]);
      rows.push({
        step: step.id,
        contestant: contestant.name,
        precision: contestant.precision,
        update,
        flops: flopsOf(step),
        outcome,
      });
    }
  }
  return rows;
}

async function measure(
  { precision, updates }: Contestant,
  request: MeasurementRequest,
  limitSeconds: number,
  reference: readonly number[] | undefined,
): Promise<Outcome> {
  const { update } = request.plan;
  if (!updates.includes(update)) return { kind: 'failed', reason: `it has no ${update}` };
  if (!reference) return { kind: 'failed', reason: 'no reference losses: run with --write-reference first' };
  const result = await runMeasurement(request, limitSeconds);
  if (result.kind === 'failed') return result;
  return { ...compareLosses(result.measurement.losses, reference, precision), measurement: result.measurement };
}

function describeMachine(): string {
  const processors = cpus();
  return `${process.platform} ${process.arch}, ${processors.length} x ${processors[0]?.model.trim() ?? 'unknown processor'}, Node ${process.versions.node}`;
}
