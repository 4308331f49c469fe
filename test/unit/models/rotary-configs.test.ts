// Configs of models with rotary embeddings, old and new, read as transformers reads them; what is not supported is refused by name.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readGemma3Config } from '#models/gemma3/gemma3-config.ts';
import { readLlamaConfig } from '#models/llama/llama-config.ts';
import { readModernBertConfig } from '#models/modernbert/modernbert-config.ts';
import type { JsonObject } from '#models/pretrained-config.ts';
import { readQwen2Config } from '#models/qwen2/qwen2-config.ts';
import { readQwen3Config } from '#models/qwen3/qwen3-config.ts';
import { AngleTable, inverseFrequencies, type RopeConfig } from '#models/rotary-angles.ts';
import { fixtureFolder } from '../../setup/fixtures.ts';
import { expectClose } from '../../setup/tensors.ts';

interface Described {
  readonly config: JsonObject;
  /** Of queries, and of keys and values. */
  readonly heads: readonly [number, number];
  readonly windows: readonly number[];
  readonly frequencies: readonly (readonly number[])[];
}

/** What the configs of all these families have. */
interface RotaryModel {
  readonly numHeads: number;
  readonly numKeyValueHeads?: number;
  readonly headSize: number;
  readonly layers: readonly { readonly window: number; readonly rope: RopeConfig }[];
}

const READERS: Readonly<Record<string, (json: JsonObject) => RotaryModel>> = {
  llama: readLlamaConfig,
  qwen2: readQwen2Config,
  qwen3: readQwen3Config,
  gemma3_text: readGemma3Config,
  modernbert: readModernBertConfig,
};
const described = Object.entries(
  JSON.parse(readFileSync(fixtureFolder('rotary.json'), 'utf8')) as Record<string, Described>,
);

describe('a config.json', () => {
  it.each(described)('%s', (_name, { config, heads, windows, frequencies }) => {
    const read = READERS[config['model_type'] as string]!(config);
    expect([read.numHeads, read.numKeyValueHeads ?? read.numHeads]).toEqual(heads);
    expect(read.layers.map(({ window }) => window)).toEqual(windows);
    for (const [layer, { rope }] of read.layers.entries()) {
      const actual = inverseFrequencies(rope, read.headSize);
      expectClose(actual, frequencies[layer]!, { absolute: 0, relative: 3e-7 }, `layer ${layer}`);
    }
  });

  it.each([
    ['rope_type', readLlamaConfig, { rope_parameters: { rope_type: 'yarn', factor: 4 } }],
    ['rope_type', readLlamaConfig, { rope_scaling: { type: 'dynamic', factor: 2 } }],
    ['factor', readLlamaConfig, { rope_scaling: { type: 'linear' } }],
    ['partial_rotary_factor', readLlamaConfig, { rope_parameters: { partial_rotary_factor: 0.5 } }],
    ['num_key_value_heads', readLlamaConfig, { num_attention_heads: 4, num_key_value_heads: 3 }],
    ['num_attention_heads', readLlamaConfig, { hidden_size: 100, num_attention_heads: 7 }],
    ['head_dim', readQwen3Config, { head_dim: 7 }],
    ['hidden_act', readLlamaConfig, { hidden_act: 'xielu' }],
    ['mlp_bias', readLlamaConfig, { mlp_bias: 'yes' }],
    ['use_sliding_window', readQwen2Config, { layer_types: Array.from({ length: 32 }, () => 'sliding_attention') }],
    ['layer_types', readGemma3Config, { layer_types: ['chunked_attention'] }],
    ['final_logit_softcapping', readGemma3Config, { final_logit_softcapping: 0 }],
    ['decoder_bias', readModernBertConfig, { decoder_bias: false }],
    ['classifier_pooling', readModernBertConfig, { classifier_pooling: 'max' }],
    ['use_bidirectional_attention', readGemma3Config, { use_bidirectional_attention: true }],
  ] as const)('with %s that is not supported is refused by name', (field, read, json) => {
    expect(() => read(json)).toThrow(`"${field}"`);
  });
});

describe('AngleTable', () => {
  it('holds cosines, then sines, of each position, whatever was asked before', () => {
    const angles = new AngleTable({ type: 'default', theta: 100 }, 4);
    const row = [Math.cos(1), Math.cos(0.1), Math.sin(1), Math.sin(0.1)];
    expectClose(angles.rows(2), [1, 1, 0, 0, ...row], { absolute: 1e-7, relative: 0 });
    expect(angles.rows(9).length).toBe(36);
    expectClose(angles.rows(2), [1, 1, 0, 0, ...row], { absolute: 1e-7, relative: 0 });
  });
});
