// What one press mends is mended by it.

import { describe, expect, it } from 'vitest';
import { parseTrainingArguments } from '#protocol/training-arguments.ts';
import { type Fix, fixesOf, memoryFixes } from '#ui/features/setup/fixes.ts';
import { PRESETS } from '#ui/features/setup/presets.ts';
import { studioDefaults } from '#ui/features/setup/studio-defaults.ts';
import { PLAN } from './plan.ts';

const fixes = (values: Record<string, unknown>): readonly Fix[] =>
  fixesOf(parseTrainingArguments(values), values, null);

describe('a fix', () => {
  const cases: Record<string, unknown>[] = [
    { fp16: true, bf16: true },
    { load_best_model_at_end: true, eval_strategy: 'epoch', save_strategy: 'steps' },
    { load_best_model_at_end: true, eval_strategy: 'steps', save_strategy: 'steps', eval_steps: 200, save_steps: 500 },
    { save_strategy: 'best', metric_for_best_model: 'loss', eval_strategy: 'no' },
  ];
  it.each(cases)('makes %j right', (values) => {
    expect(parseTrainingArguments(values).ok).toBe(false);
    const [fix] = fixes(values);
    expect(parseTrainingArguments({ ...values, ...fix!.changes }).ok).toBe(true);
  });

  it('makes an evaluation of a cadence without a strategy', () => {
    expect(fixes({ eval_steps: 50 })[0]?.changes).toEqual({ eval_strategy: 'steps' });
  });

  it('saves on the way where nothing would be saved before the end', () => {
    const values = { max_steps: 100, save_strategy: 'no' };
    const plan = { ...PLAN, maxSteps: 100, saveSteps: [] };
    expect(fixesOf(parseTrainingArguments(values), values, plan)[0]?.changes).toEqual({
      save_strategy: 'steps',
      save_steps: 25,
    });
    expect(fixesOf(parseTrainingArguments(values), values, { ...plan, saveSteps: [50, 100] })).toEqual([]);
  });

  it('offers nothing where nothing is wrong', () => {
    expect(fixes({})).toEqual([]);
  });
});

describe('less memory', () => {
  it('keeps the effective batch', () => {
    const [fix] = memoryFixes({ per_device_train_batch_size: 16, gradient_accumulation_steps: 2 });
    expect(fix?.changes).toEqual({ per_device_train_batch_size: 8, gradient_accumulation_steps: 4 });
  });

  it('offers only what is not done yet', () => {
    const done = { per_device_train_batch_size: 1, fp16: true, gradient_checkpointing: true, optim: 'adafactor' };
    expect(memoryFixes(done)).toEqual([]);
  });
});

it.each(PRESETS)('the preset $id can be trained with', ({ changes }) => {
  expect(parseTrainingArguments({ ...studioDefaults(false), ...changes })).toMatchObject({ ok: true });
});
