// Settings of an adapter, out of PEFT's file and out of run.json: what is read, and what is refused by name.

import { describe, expect, it } from 'vitest';
import { DEFAULT_LORA, readLoraConfig, scalingOf, toAdapterConfigJson } from '#protocol/lora-config.ts';

const FACTS = { baseModel: 'me/model', taskType: 'SEQ_CLS', targets: ['query'], modulesToSave: [], fanInFanOut: false };

describe('readLoraConfig', () => {
  it('takes PEFT defaults for what is absent', () => {
    expect(readLoraConfig({}, 'run.json')).toEqual(DEFAULT_LORA);
  });

  it('reads back what is written', () => {
    const config = { ...DEFAULT_LORA, rank: 3, loraAlpha: 24, useRslora: true, targetModules: ['query'] };
    expect(readLoraConfig(toAdapterConfigJson(config, FACTS), 'file')).toEqual(config);
  });

  it('scales by the rank, or by its root', () => {
    expect(scalingOf({ ...DEFAULT_LORA, rank: 4, loraAlpha: 8 })).toBe(2);
    expect(scalingOf({ ...DEFAULT_LORA, rank: 4, loraAlpha: 8, useRslora: true })).toBe(4);
  });

  it('opens adapters that were started in another way, where that left the model alone', () => {
    for (const start of [true, false, 'gaussian', 'orthogonal'])
      expect(readLoraConfig({ init_lora_weights: start }, 'file')).toEqual(DEFAULT_LORA);
  });

  it.each([
    ['peft_type', 'IA3'],
    ['bias', 'all'],
    ['use_dora', true],
    ['rank_pattern', { query: 4 }],
    ['init_lora_weights', 'pissa'],
    ['r', 0],
    ['r', 2.5],
    ['lora_alpha', -1],
    ['lora_dropout', 1],
    ['target_modules', [3]],
    ['use_rslora', 'yes'],
  ])('refuses %s %j by name', (name, value) => {
    expect(() => readLoraConfig({ [name]: value }, 'run.json: peft')).toThrow(`run.json: peft: "${name}"`);
  });
});
