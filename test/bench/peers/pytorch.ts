// PyTorch on the CPU, where Python has torch and transformers: the everyday tool, and the source of the reference losses.

import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LOSS_STEPS, type Measurement, type RunPlan } from '../contestant.ts';
import { initialWeights } from '../initial-weights.ts';
import { type BenchStep, bertBatch, gptBatch } from '../steps.ts';
import { UPDATE_RULES } from '../update-rules.ts';

interface NamedValues {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** Shape of a tensor and where its values begin in tensors.bin, in bytes. */
interface TensorEntry {
  readonly kind: 'float32' | 'int32';
  readonly shape: readonly number[];
  readonly offset: number;
}

/** @param dtype of all of the model's numbers; float64 gives the reference. */
export async function runPytorch(step: BenchStep, plan: RunPlan, dtype: 'float32' | 'float64'): Promise<Measurement> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  try {
    await writeRequest(folder, step, plan, dtype);
    const script = join(import.meta.dirname, 'pytorch_step.py');
    return JSON.parse(await runPython([script, folder])) as Measurement;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** @returns standard output. */
async function runPython(args: readonly string[]): Promise<string> {
  const python = process.env['PYTHON'] ?? 'python3';
  const running = promisify(execFile)(python, [...args]);
  process.once('exit', () => running.child.kill());
  try {
    return (await running).stdout;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    const reason = stderr?.trim().split('\n').at(-1) || message;
    throw new Error(`${python} with torch and transformers is needed (set PYTHON): ${reason}`, { cause: error });
  }
}

async function writeRequest(folder: string, step: BenchStep, plan: RunPlan, dtype: string): Promise<void> {
  const tensors: Uint8Array[] = [];
  let offset = 0;
  const lay = (values: readonly NamedValues[]): Record<string, TensorEntry> =>
    Object.fromEntries(
      values.map(({ name, shape, data }) => {
        const entry = { kind: data instanceof Int32Array ? 'int32' : 'float32', shape, offset } as const;
        tensors.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
        offset += data.byteLength;
        return [name, entry];
      }),
    );
  const request = {
    step,
    rule: UPDATE_RULES[plan.update],
    dtype,
    warmup: plan.warmup,
    steps: plan.steps,
    lossSteps: LOSS_STEPS,
    weights: lay(initialWeights(step)),
    batch: lay(namedBatch(step)),
  };
  await writeFile(join(folder, 'tensors.bin'), Buffer.concat(tensors));
  await writeFile(join(folder, 'request.json'), JSON.stringify(request));
}

/** Labels are [B], everything else is [B, T]. */
function namedBatch(step: BenchStep): NamedValues[] {
  const batch = step.family === 'gpt' ? gptBatch(step) : bertBatch(step);
  return Object.entries(batch).map(([name, data]: [string, Int32Array]) => ({
    name,
    shape: name === 'labels' ? [step.batch] : [step.batch, step.length],
    data,
  }));
}
