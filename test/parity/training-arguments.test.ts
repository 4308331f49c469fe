// What the studio exports, read by the real transformers: every form means the same arguments.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ARGUMENT_FORMATS, type ArgumentFormat } from '#protocol/argument-files/argument-format.ts';
import { writeArguments } from '#protocol/argument-files/write-arguments.ts';
import { runPython } from '../setup/run-command.ts';

const SETS: readonly Record<string, unknown>[] = [
  { output_dir: 'my model', learning_rate: 2e-5, num_train_epochs: 1.5, seed: 7, report_to: 'none' },
  {
    output_dir: "it's $HOME",
    lr_scheduler_type: 'cosine_with_min_lr',
    lr_scheduler_kwargs: { min_lr_rate: 0.1 },
    warmup_steps: 0.1,
    adam_epsilon: 1e-7,
    max_steps: 100,
    eval_strategy: 'steps',
    eval_steps: 10,
    save_strategy: 'no',
    remove_unused_columns: false,
    greater_is_better: true,
    metric_for_best_model: 'accuracy',
    label_names: ['labels', 'more labels'],
    include_for_metrics: ['inputs', 'loss'],
    run_name: '--odd "name" #1',
    optim: 'sgd',
    optim_args: 'momentum=0.9,nesterov=True',
    save_total_limit: 2,
    weight_decay: 0.01,
    gradient_checkpointing_kwargs: { use_reentrant: false },
    dataloader_num_workers: 2,
    tf32: false,
    report_to: 'none',
  },
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'arguments-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function exported(format: ArgumentFormat): Promise<string[]> {
  return Promise.all(
    SETS.map(async (args, i) => {
      const text = writeArguments(args, 'changed', format);
      if (format === 'python' || format === 'command-line') return text;
      const path = join(folder, `${i}.${format}`);
      await writeFile(path, text);
      return path;
    }),
  );
}

it('every form gives transformers the same arguments', { timeout: 120_000 }, async () => {
  const texts = await Promise.all(ARGUMENT_FORMATS.map(async (format) => [format, await exported(format)] as const));
  const script = join(import.meta.dirname, 'parse_arguments.py');
  const read = (await runPython(script, Object.fromEntries(texts))) as Record<string, Record<string, unknown>[]>;
  expect(Object.keys(read)).toEqual([...ARGUMENT_FORMATS]);
  for (const format of ARGUMENT_FORMATS) {
    // What transformers makes of these by itself is not ours to say.
    for (const [i, { report_to: _, ...args }] of SETS.entries()) expect(read[format]![i], format).toMatchObject(args);
  }
});
