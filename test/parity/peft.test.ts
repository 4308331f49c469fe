// Adapters that the runner trained, opened by the real PEFT: the loss that the runner had, merged as unmerged.

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runPython } from '../setup/run-command.ts';

const EXAMPLES = join(import.meta.dirname, '../examples');
const RUNNER = join(import.meta.dirname, '../../src/headless/train.mjs');
const LENGTH = 24;

let out: string;
beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'adapters-'));
});
afterAll(() => rm(out, { recursive: true }));

/** @returns the loss of the last evaluation. */
async function train(config: Readonly<Record<string, unknown>>): Promise<number> {
  const path = join(out, 'run.json');
  const args = { max_steps: 8, learning_rate: 2e-2, eval_strategy: 'steps', eval_steps: 8, save_strategy: 'no' };
  await writeFile(
    path,
    JSON.stringify({ ...config, max_length: LENGTH, merge_adapter: true, training_arguments: args }),
  );
  const run = promisify(execFile);
  const { stdout } = await run(process.execPath, [RUNNER, '--config', path, '--output-dir', out]);
  const entries = stdout.trim().split('\n');
  const log = entries.map((line) => JSON.parse(line) as { readonly eval_loss?: number });
  return log.findLast((entry) => entry.eval_loss !== undefined)!.eval_loss!;
}

async function expectOpened(given: Readonly<Record<string, unknown>>, loss: number): Promise<void> {
  const script = join(import.meta.dirname, 'open_adapter.py');
  const opened = (await runPython(script, { adapter: out, length: LENGTH, ...given })) as Record<string, number>;
  expect(opened['loss']).toBeCloseTo(loss, 4);
  expect(opened['merged']).toBeLessThan(1e-4);
  expect(opened['moved']).toBeGreaterThan(0.1);
}

it('of a BERT that tells texts apart', { timeout: 120_000 }, async () => {
  const folder = join(EXAMPLES, 'lora-classification');
  const data = join(folder, 'train.jsonl');
  const loss = await train({
    model: join(folder, 'model'),
    task: 'text-classification',
    train_file: data,
    validation_file: data,
    text_column: 'text',
    label_column: 'label',
    peft: { r: 4, lora_alpha: 16, target_modules: ['query', 'value', 'dense'] },
  });
  const lines = (await readFile(data, 'utf8')).trim().split('\n');
  const rows = lines.map((line) => JSON.parse(line) as { readonly text: string; readonly label: string });
  const indexed = rows.map(({ text, label }) => ({ text, label: ['calm', 'glad'].indexOf(label) }));
  const architecture = 'BertForSequenceClassification';
  await expectOpened({ model: join(folder, 'model'), architecture, rows: indexed }, loss);
});

it('of a Llama that writes', { timeout: 120_000 }, async () => {
  const folder = join(EXAMPLES, 'text-generation');
  const data = join(folder, 'validation.txt');
  const loss = await train({
    model: join(folder, 'model'),
    task: 'text-generation',
    train_file: join(folder, 'train.txt'),
    validation_file: data,
    peft: { r: 6, lora_alpha: 9, use_rslora: true, target_modules: 'all-linear' },
  });
  const document = await readFile(data, 'utf8');
  await expectOpened({ model: join(folder, 'model'), architecture: 'LlamaForCausalLM', document }, loss);
});
