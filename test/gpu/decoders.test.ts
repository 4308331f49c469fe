// Steps of decoders that are recorded and replayed, and what decoders refuse. Their numbers: models.test.ts.

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Batch } from '#util/nd-array.ts';
import { startEngine } from '../setup/dawn.ts';
import { trainingContext } from '../setup/forward-context.ts';
import { loadModelCase } from '../setup/model-case.ts';
import { trainUpdates } from '../setup/train-updates.ts';

beforeAll(async () => {
  await startEngine();
  await tf.setBackend('atelier');
});

describe('replayed steps', () => {
  /** Texts of one of two lengths, all of them padded differently. */
  const batchAt = (step: number): Batch => {
    const [rows, length] = [3, [8, 16][step % 2]!];
    const ids = Int32Array.from({ length: rows * length }, (_, i) => (i * 7 + step * 5) % 50);
    const mask = Int32Array.from(ids, (_, i) => (i % length < length - 2 * Math.floor(i / length) ? 1 : 0));
    const array = (data: Int32Array) => ({ data, shape: [rows, length] });
    const labels = ids.map((id, i) => (mask[i] === 1 ? id : -100));
    return { input_ids: array(ids), attention_mask: array(mask), labels: array(labels) };
  };
  const training = (name: string) => ({
    makeModel: async () => (await loadModelCase(name)).model,
    updates: 8,
    batchAt,
  });

  it.each([
    ['llama-untied', 'f32'],
    ['qwen2', 'f16'],
    ['qwen3', 'bf16'],
    ['gemma3', 'f32'],
    ['gemma3', 'f16'],
    ['gemma3', 'bf16'],
  ] as const)('of %s in %s equal eager ones bit for bit, with gradient checkpointing too', async (name, storage) => {
    const eager = await trainUpdates(training(name), storage, 0);
    const replayed = await trainUpdates(training(name), storage, 32);
    const checkpointed = await trainUpdates(training(name), storage, 32, true);
    expect(new Set(eager.modes)).toEqual(new Set(['eager']));
    for (const other of [replayed, checkpointed]) {
      expect(new Set(other.modes.slice(-6))).toEqual(new Set(['replayed']));
      expect(other.losses).toEqual(eager.losses);
      expect(other.weights).toEqual(eager.weights);
    }
    expect(new Set(eager.losses).size).toBeGreaterThan(12);
  });
});

describe('a decoder', () => {
  it('refuses an id beyond its vocabulary, and a text beyond its positions', async () => {
    const { model } = await loadModelCase('llama-tied');
    const ids = (data: Int32Array): Batch => ({ input_ids: { data, shape: [1, data.length] } });
    const forward = (batch: Batch) => model.forward(batch, { context: trainingContext(batch), labelSmoothing: 0 });
    expect(() => forward(ids(Int32Array.of(1, 53)))).toThrow('53 embeddings');
    expect(() => forward(ids(new Int32Array(41)))).toThrow('at most 40');
  });
});
