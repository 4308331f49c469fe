// The event files of the runner, read by TensorBoard: HF's tags, with the values and steps of the log.

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { trainHere } from '../setup/parity-run.ts';
import { runPython } from '../setup/run-command.ts';

interface Events {
  /** [step, value] by tag. */
  readonly scalars: Record<string, [number, number][]>;
  readonly texts: Record<string, string>;
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tensorboard-'));
});
afterAll(() => rm(folder, { recursive: true }));

const tagOf = (key: string): string => (key.startsWith('eval_') ? `eval/${key.slice(5)}` : `train/${key}`);

it('are read with the tags, values and steps of the log', async () => {
  const out = join(folder, 'out');
  const args = { max_steps: 6, logging_steps: 2, eval_strategy: 'steps', eval_steps: 3, seed: 9, report_to: 'all' };
  const log = await trainHere(out, { ...args, save_strategy: 'no' });
  const [run, ...others] = await readdir(join(out, 'runs'));
  expect(others).toEqual([]);
  expect(run).toMatch(/^[A-Z][a-z]{2}\d\d_\d\d-\d\d-\d\d_/);

  const expected: Events['scalars'] = {};
  for (const { step, ...entry } of log)
    for (const [key, value] of Object.entries(entry)) {
      // Figures by class are lists, which HF's callback drops.
      if (typeof value === 'number')
        expected[tagOf(key)] = [...(expected[tagOf(key)] ?? []), [step!, Math.fround(value)]];
    }
  expect(Object.keys(expected)).toEqual(expect.arrayContaining(['train/loss', 'eval/accuracy', 'train/train_loss']));
  const script = join(import.meta.dirname, 'read_events.py');
  const { scalars, texts } = (await runPython(script, join(out, 'runs', run!))) as Events;
  expect(scalars).toEqual(expected);
  expect(Object.keys(texts).toSorted()).toEqual(['args/text_summary', 'model_config/text_summary']);
  expect(JSON.parse(texts['args/text_summary']!)).toMatchObject({ seed: 9, report_to: ['tensorboard'] });
  expect(JSON.parse(texts['model_config/text_summary']!)).toHaveProperty('id2label');
});
