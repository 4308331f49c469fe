// Noise on embeddings (NEFTune): its size, its place in every family, its return in replayed steps.

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { readTensor } from '#gpu/read-back.ts';
import { runEagerly } from '#gpu/step-cache.ts';
import { embeddingNoise } from '#kernels/embedding-noise/embedding-noise.ts';
import { ForwardContext } from '#nn/forward-context.ts';
import type { TrainableModel } from '#nn/trainable-model.ts';
import type { Batch } from '#util/nd-array.ts';
import { startEngine } from '../setup/dawn.ts';
import { disposeKept, dropoutKey } from '../setup/forward-context.ts';
import { loadModelCase } from '../setup/model-case.ts';
import { expectClose, values } from '../setup/tensors.ts';
import { tinyBert } from '../setup/tiny-bert.ts';
import { trainUpdates } from '../setup/train-updates.ts';

beforeAll(async () => void (await startEngine()));

const SEED = 7;
const noiseOf = (x: tf.Tensor, magnitude: number, step = 3): tf.Tensor =>
  embeddingNoise(x, tf.tensor1d([magnitude]), dropoutKey(SEED, step));

describe('the noise', () => {
  it.each([
    [1, 1, 1],
    [2, 3, 5],
    [4, 16, 24],
  ])('of [%i, %i, %i] is that of the reference', async (...shape) => {
    const size = shape[0]! * shape[1]! * shape[2]!;
    const results: Float32Array[] = [];
    for (const backend of ['cpu', 'atelier']) {
      await tf.setBackend(backend);
      results.push((await readTensor(noiseOf(tf.tensor(values(size), shape as number[]), 0.5))) as Float32Array);
      disposeKept();
    }
    expectClose(results[1]!, results[0]!, { absolute: 1e-6, relative: 0 });
  });

  it('is uniform up to its magnitude, another one at each step', async () => {
    await tf.setBackend('atelier');
    const draw = async (step: number) => [...(await readTensor(noiseOf(tf.zeros([8, 64, 64]), 0.25, step)))];
    const [first, second] = [await draw(1), await draw(2)];
    expect(Math.max(...first.map(Math.abs))).toBeLessThanOrEqual(0.25);
    expect(Math.max(...first)).toBeGreaterThan(0.2499);
    expect(Math.abs(first.reduce((sum, value) => sum + value, 0) / first.length)).toBeLessThan(0.003);
    expect(first.reduce((sum, value) => sum + value * value, 0) / first.length).toBeCloseTo(0.0625 / 3, 3);
    expect(second).not.toEqual(first);
    expect(await draw(1)).toEqual(first);
  });

  it('passes gradients on as they are', async () => {
    const gradient = tf.grad((x) => tf.sum(tf.mul(noiseOf(x, 1), 3)))(tf.zeros([2, 3, 4]));
    expect([...(await readTensor(gradient))]).toEqual(Array(24).fill(3));
  });
});

const STILL = {
  hidden_dropout_prob: 0,
  attention_probs_dropout_prob: 0,
  attention_dropout: 0,
  dropout: 0,
  embd_pdrop: 0,
  attn_pdrop: 0,
  resid_pdrop: 0,
  mlp_dropout: 0,
  embedding_dropout: 0,
  classifier_dropout: 0,
};

async function lossOf(model: TrainableModel, batch: Batch, neftuneNoiseAlpha: number): Promise<number> {
  const source = { batch: model.bucket?.(batch) ?? batch, forwardStep: 2, numItemsInBatch: null };
  const loss = runEagerly(source, (feed) => {
    const context = ForwardContext.training(source, SEED, 'f32', feed, { neftuneNoiseAlpha });
    return tf.tidy(() => tf.clone(model.forward(source.batch, { context, labelSmoothing: 0 }).loss!));
  });
  return (await readTensor(loss))[0]!;
}

describe('every family', () => {
  it.each([
    'bert-token',
    'distilbert-token',
    'roberta-token',
    'llama-untied',
    'qwen2',
    'qwen3',
    'gemma3',
    'modernbert-mask',
    '../gpt2',
  ])('%s has it in training', async (name) => {
    const { model, batch } = await loadModelCase(name, STILL);
    const plain = await lossOf(model, batch, 0);
    expect(await lossOf(model, batch, 0)).toBe(plain);
    const noisy = await lossOf(model, batch, 5);
    expect(Math.abs(noisy - plain)).toBeGreaterThan(1e-5);
    expect(await lossOf(model, batch, 5)).toBe(noisy);
  });

  it('divides by the root of the longest text, not of what the batch is filled up to', async () => {
    const magnitudes: number[] = [];
    const mask = { data: Int32Array.from([1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0]), shape: [2, 8] };
    const source = { batch: { attention_mask: mask }, forwardStep: 0, numItemsInBatch: null };
    runEagerly(source, (feed) => {
      const watched: typeof feed = (make, shape) => {
        const made = make(source);
        if (made instanceof Float32Array) magnitudes.push(made[0]!);
        return feed(make, shape);
      };
      ForwardContext.training(source, SEED, 'f32', watched, { neftuneNoiseAlpha: 5 }).embedded(tf.zeros([2, 8, 20]));
      return null;
    });
    expect(magnitudes).toEqual([0.5]);
  });
});

describe('replayed steps', () => {
  const batchAt = (step: number): Batch => {
    const lengths = [8, 6, 5].map((length) => Math.max(2, length - (step % 3)));
    const ids = Int32Array.from({ length: 24 }, (_, i) =>
      i % 8 < lengths[Math.floor(i / 8)]! ? (i * 7 + step) % 60 : 0,
    );
    return {
      input_ids: { data: ids, shape: [3, 8] },
      attention_mask: {
        data: Int32Array.from(ids, (_, i) => (i % 8 < lengths[Math.floor(i / 8)]! ? 1 : 0)),
        shape: [3, 8],
      },
      labels: { data: Int32Array.of(step % 3, 1, 2), shape: [3] },
    };
  };
  const training = { makeModel: () => tinyBert(), updates: 6, batchAt };

  it.each(['f32', 'f16', 'bf16'] as const)('have the bits of eager ones in %s', async (storage) => {
    await tf.setBackend('atelier');
    const [eager, replayed, plain] = [
      await trainUpdates(training, storage, 0, { neftuneNoiseAlpha: 5 }),
      await trainUpdates(training, storage, 32, { neftuneNoiseAlpha: 5 }),
      await trainUpdates(training, storage, 32),
    ];
    expect(new Set(replayed.modes.slice(-4))).toEqual(new Set(['replayed']));
    expect(replayed.losses).toEqual(eager.losses);
    expect(replayed.weights).toEqual(eager.weights);
    expect(plain.losses).not.toEqual(eager.losses);
  });
});
