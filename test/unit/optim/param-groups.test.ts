import { describe, expect, it } from 'vitest';
import { Parameter } from '#nn/parameter.ts';
import { isDecayed, makeParamGroups } from '#optim/optimizer.ts';

const plain = () => new Parameter([2], 'zeros');
const norm = () => new Parameter([2], 'ones', 'norm');

describe('isDecayed', () => {
  it.each([
    ['bert.embeddings.word_embeddings.weight', true],
    ['bert.embeddings.position_embeddings.weight', true],
    ['bert.encoder.layer.0.attention.self.query.weight', true],
    ['bert.encoder.layer.0.attention.self.query.bias', false],
    ['bert.encoder.layer.0.attention.output.LayerNorm.weight', false],
    ['bert.pooler.dense.weight', true],
    ['classifier.weight', true],
    ['classifier.bias', false],
    ['model.layers.0.input_layernorm.weight', false],
    ['model.norm.weight', false],
    ['layer.q_norm.weight', false],
    ['layer.rmsnorm.scale', false],
    ['normal.weight', true],
    ['denormalize.weight', true],
  ])('%s: %s', (name, decayed) => {
    expect(isDecayed(name, plain())).toBe(decayed);
  });
  it('a parameter of a norm layer is not decayed whatever its name', () => {
    expect(isDecayed('transformer.h.0.ln_1.weight', norm())).toBe(false);
    expect(isDecayed('transformer.h.0.ln_1.weight', plain())).toBe(true);
  });
});

describe('makeParamGroups', () => {
  it('makes two groups in model order, the decayed one first', () => {
    const names = ['a.bias', 'b.weight', 'a.weight', 'LayerNorm.weight'];
    const groups = makeParamGroups(new Map(names.map((name) => [name, plain()])), 0.1);
    expect(groups.map(({ weightDecay, parameters }) => [weightDecay, [...parameters.keys()]])).toEqual([
      [0.1, ['b.weight', 'a.weight']],
      [0, ['a.bias', 'LayerNorm.weight']],
    ]);
  });
  it('keeps both groups when one is empty', () => {
    const groups = makeParamGroups(new Map([['lora_A.weight', plain()]]), 0.01);
    expect(groups.map(({ parameters }) => parameters.size)).toEqual([1, 0]);
  });
});
