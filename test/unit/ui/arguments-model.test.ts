import { describe, expect, it } from 'vitest';
import { ARGUMENT_FORMATS } from '#protocol/argument-files/argument-format.ts';
import { writeArguments } from '#protocol/argument-files/write-arguments.ts';
import { findArgumentSpec } from '#protocol/argument-specs.ts';
import { parseTrainingArguments } from '#protocol/training-arguments.ts';
import {
  type ArgumentDraft,
  changeArgument,
  effectiveArguments,
  filterSpecs,
  importArguments,
  labelOf,
  readNumber,
  writeNumber,
  writeValue,
} from '#ui/features/setup/arguments-model.ts';
import { studioDefaults } from '#ui/features/setup/studio-defaults.ts';

const STUDIO: ArgumentDraft = { base: 'studio', changes: {} };
const spec = (name: string) => findArgumentSpec(name)!;
const names = (query: string, level: 'basic' | 'all' = 'basic', changedOnly = false, changes = {}) =>
  filterSpecs({ query, level, changedOnly }, changes).map((found) => found.name);

describe('the defaults of the studio', () => {
  it('are sound, and train the sample for a few hundred steps', () => {
    for (const sample of [true, false]) {
      const parsed = parseTrainingArguments(studioDefaults(sample));
      expect(parsed).toMatchObject({ ok: true, notes: [] });
    }
    expect(studioDefaults(true).learning_rate).toBe(1e-3);
    expect(studioDefaults(false).learning_rate).toBe(5e-5);
  });

  it('hold only what differs from HuggingFace', () => {
    const { learning_rate: _, ...others } = studioDefaults(false);
    for (const [name, value] of Object.entries(others)) expect(spec(name).default, name).not.toEqual(value);
  });
});

describe('changes', () => {
  it('lie over the defaults and vanish when they say the same', () => {
    const changed = changeArgument(STUDIO, spec('logging_steps'), 5, true);
    expect(changed.changes).toEqual({ logging_steps: 5 });
    expect(effectiveArguments(changed, true).logging_steps).toBe(5);
    expect(effectiveArguments(STUDIO, true).logging_steps).toBe(10);
    expect(changeArgument(changed, spec('logging_steps'), 10, true).changes).toEqual({});
  });

  it('lie over those of HuggingFace after an import', async () => {
    const result = await importArguments('{"learning_rate": 1e-4, "evaluation_strategy": "epoch"}');
    expect(result).toMatchObject({
      ok: true,
      draft: { base: 'hf', changes: { learning_rate: 1e-4, eval_strategy: 'epoch' } },
    });
    expect(result.ok && effectiveArguments(result.draft, true)).toEqual({
      learning_rate: 1e-4,
      eval_strategy: 'epoch',
    });
    expect(result.ok && result.notes.map((note) => note.name)).toEqual(['evaluation_strategy']);
  });

  it('lose an access token at the import: what is edited is stored, and the token is not', async () => {
    const result = await importArguments('TrainingArguments(push_to_hub=True, push_to_hub_token="hf_secret")');
    expect(result).toMatchObject({ hubToken: 'hf_secret', draft: { changes: { push_to_hub: true } } });
    expect(JSON.stringify(result.ok && result.draft)).not.toContain('hf_secret');
    expect(await importArguments('{"hub_token": "<HUB_TOKEN>"}')).toMatchObject({ hubToken: null });
  });

  it.each(ARGUMENT_FORMATS)('come back from an export as %s as they were', async (format) => {
    const effective = effectiveArguments({ base: 'studio', changes: { seed: 7, run_name: "it's" } }, true);
    const result = await importArguments(writeArguments(effective, 'changed', format));
    expect(result.ok && result.format).toBe(format);
    expect(result.ok && effectiveArguments(result.draft, true)).toEqual(effective);
  });

  it('tell the nearest names of one that nobody knows', async () => {
    const result = await importArguments('TrainingArguments(learning_rat=1e-4, batch_size=8, frobnicate=1)');
    expect(result.ok && result.notes.map(({ name, hint }) => [name, hint])).toEqual([
      ['learning_rat', 'Did you mean learning_rate?'],
      ['batch_size', 'Did you mean auto_find_batch_size or per_device_eval_batch_size or per_device_train_batch_size?'],
      ['frobnicate', 'Check the spelling.'],
    ]);
  });

  it('are refused with the reason, the place and what to do', async () => {
    expect(await importArguments('hello')).toMatchObject({
      ok: false,
      message: expect.stringMatching(/no training arguments.* Paste JSON, YAML, Python/),
    });
    expect(await importArguments('TrainingArguments(\nlearning_rate=lr)')).toMatchObject({
      ok: false,
      message: expect.stringMatching(/learning_rate = lr \(line 2\).*\(line 2\) Write the values/),
    });
    expect(await importArguments('null')).toMatchObject({ ok: false });
  });
});

describe('search', () => {
  it('shows the basic ones, all of them, or the changed ones', () => {
    expect(names('')).toContain('learning_rate');
    expect(names('')).not.toContain('adam_beta1');
    expect(names('', 'all')).toHaveLength(112);
    expect(names('', 'basic', true, { adam_beta1: 0.8 })).toEqual(['adam_beta1']);
    expect(names('', 'basic', false, { adam_beta1: 0.8 })).toContain('adam_beta1');
  });

  it('finds names, words and older names, whatever the level', () => {
    expect(names('adam_beta1')).toEqual(['adam_beta1']);
    expect(names('batch size')).toContain('per_device_eval_batch_size');
    expect(names('EVALUATION_STRATEGY')).toEqual(['eval_strategy']);
    expect(names('clip gradient')).toEqual(['max_grad_norm']);
    expect(names('nothing like this')).toEqual([]);
  });
});

describe('texts', () => {
  it('of numbers read and write the same value', () => {
    for (const value of [5e-5, 0.1, 3, -1, 1e-8, 4294967295]) expect(readNumber(writeNumber(value), false)).toBe(value);
    expect(writeNumber(5e-5)).toBe('5e-5');
    expect(readNumber('5e-05', false)).toBe(5e-5);
    expect(readNumber('5e-', false)).toBe('5e-');
    expect([readNumber(' ', true), readNumber(' ', false)]).toEqual([null, '']);
  });

  it('of names and values are readable', () => {
    expect([labelOf(spec('lr_scheduler_type')), labelOf(spec('fp16')), labelOf(spec('seed'))]).toEqual([
      'LR scheduler type',
      'FP16',
      'Seed',
    ]);
    expect([null, 5e-5, '', 'epoch', true, ['a']].map(writeValue)).toEqual([
      'not set',
      '5e-5',
      'empty',
      'epoch',
      'true',
      '["a"]',
    ]);
  });
});
