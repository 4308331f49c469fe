// Texts written greedily equal transformers', with the cache of keys and values and without; draws follow their settings.

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { openWeights } from '#formats/weight-files.ts';
import { loadPrepared, prepareModel } from '#models/auto-model.ts';
import { type GenerateOptions, GREEDY, generate } from '#models/generation/generate.ts';
import { chooseToken } from '#models/generation/sampling.ts';
import type { JsonObject } from '#models/pretrained-config.ts';
import { parseHfJson } from '#util/hf-json.ts';
import { TorchRandom } from '#util/torch-random.ts';
import expected from '../fixtures/data/generation.json' with { type: 'json' };
import { startEngine } from '../setup/dawn.ts';
import { fixtureFolder, folderFiles } from '../setup/fixtures.ts';

beforeAll(async () => {
  await startEngine();
  await tf.setBackend('atelier');
});

async function open(name: string) {
  const files = folderFiles(fixtureFolder(name === 'gpt2' ? name : `models/${name}`));
  const json = parseHfJson(await files.get('config.json')!.text(), 'config.json') as JsonObject;
  const weights = await openWeights(files);
  const head = { task: 'text-generation', labels: [], problemType: 'single_label_classification' } as const;
  return loadPrepared(prepareModel(json, weights, head), weights, 42);
}

async function tokensOf(
  model: Awaited<ReturnType<typeof open>>,
  prompt: readonly number[],
  options: Partial<GenerateOptions>,
): Promise<number[]> {
  const tokens: number[] = [];
  for await (const token of generate(model, prompt, { ...GREEDY, maxNewTokens: 12, stopIds: new Set(), ...options }))
    tokens.push(token);
  return tokens;
}

describe.each(Object.entries(expected))('%s', (name, { prompt, cases }) => {
  it.each([true, false])('writes what transformers writes, cache: %s', async (useCache) => {
    const model = await open(name);
    const before = tf.memory().numTensors;
    for (const { repetition_penalty: repetitionPenalty, tokens } of cases)
      expect(await tokensOf(model, prompt, { repetitionPenalty, useCache })).toEqual(tokens);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });
});

describe('generate', () => {
  it('ends at a stop token, and at the longest input', async () => {
    const model = await open('gpt2');
    const all = await tokensOf(model, [5, 3, 9, 7], {});
    const stop = all[3]!;
    const until = all.indexOf(stop);
    expect(await tokensOf(model, [5, 3, 9, 7], { stopIds: new Set([stop]) })).toEqual(all.slice(0, until + 1));
    expect(await tokensOf(model, [5, 3, 9, 7], { maxNewTokens: 100 })).toHaveLength(model.shape.maxPositions - 4);
    model.dispose();
  });

  it('draws the same for the same seed', async () => {
    const model = await open('gpt2');
    const draw = (seed: number) => tokensOf(model, [5, 3], { doSample: true, temperature: 2, seed });
    expect(await draw(1)).toEqual(await draw(1));
    expect(await draw(1)).not.toEqual(await draw(2));
    model.dispose();
  });
});

describe('chooseToken', () => {
  const logits = Float32Array.from([1, 4, 3, 2, -1]);
  const counts = (options: Partial<GenerateOptions>, text: number[] = []) => {
    const random = new TorchRandom(7);
    const found = new Array<number>(5).fill(0);
    for (let i = 0; i < 4000; i++)
      found[chooseToken(logits, text, { ...GREEDY, doSample: true, ...options }, random)]! += 1 / 4000;
    return found;
  };
  const shares = (scores: readonly number[]) => {
    const sum = scores.reduce((total, score) => total + Math.exp(score), 0);
    return scores.map((score) => Math.exp(score) / sum);
  };

  it.each<[string, Partial<GenerateOptions>, number[], number[]]>([
    ['by probability', {}, [], shares([1, 4, 3, 2, -1])],
    ['temperature', { temperature: 0.5 }, [], shares([2, 8, 6, 4, -2])],
    ['top-k', { topK: 2 }, [], shares([-1e9, 4, 3, -1e9, -1e9])],
    // 0.63 of the probability is the first's, 0.86 the first two's.
    ['top-p', { topP: 0.8 }, [], shares([-1e9, 4, 3, -1e9, -1e9])],
    ['repetition penalty', { repetitionPenalty: 2 }, [1, 4], shares([1, 2, 3, 2, -2])],
  ])('draws %s', (_name, options, text, wanted) => {
    counts(options, text).forEach((share, id) => {
      expect(Math.abs(share - wanted[id]!)).toBeLessThan(0.03);
    });
  });
});
