// Steps of models with rotary embeddings that are recorded and replayed, and what they refuse. Their numbers:
// models.test.ts.

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Batch } from '#util/nd-array.ts';
import { startEngine } from '../setup/dawn.ts';
import { trainingContext } from '../setup/forward-context.ts';
import { loadModelCase } from '../setup/model-case.ts';
import { expectClose } from '../setup/tensors.ts';
import { trainUpdates } from '../setup/train-updates.ts';

beforeAll(async () => {
  await startEngine();
  await tf.setBackend('atelier');
});

/** Texts of one of two lengths, all of them padded differently; a label for each token, or for each text. */
function batchAt(step: number, labelled: 'tokens' | 'texts'): Batch {
  const [rows, length] = [3, [8, 16][step % 2]!];
  const ids = Int32Array.from({ length: rows * length }, (_, i) => (i * 7 + step * 5) % 45);
  const mask = Int32Array.from(ids, (_, i) => (i % length < length - 2 * Math.floor(i / length) ? 1 : 0));
  const array = (data: Int32Array) => ({ data, shape: [rows, length] });
  const ofTokens = array(ids.map((id, i) => (mask[i] === 1 ? id : -100)));
  const ofTexts = { data: Int32Array.from({ length: rows }, (_, row) => (row + step) % 3), shape: [rows] };
  return {
    input_ids: array(ids),
    attention_mask: array(mask),
    labels: labelled === 'tokens' ? ofTokens : ofTexts,
  };
}

/** Families read those that they have. */
const DROPOUT = { attention_dropout: 0.1, mlp_dropout: 0.1, embedding_dropout: 0.1, classifier_dropout: 0.1 };

describe('replayed steps', () => {
  const training = (name: string) => ({
    makeModel: async () => (await loadModelCase(name, DROPOUT)).model,
    updates: 8,
    batchAt: (step: number) => batchAt(step, name.endsWith('single') ? 'texts' : 'tokens'),
  });

  it.each([
    ['llama-untied', 'f32'],
    ['qwen2', 'f16'],
    ['qwen3', 'bf16'],
    ['gemma3', 'f32'],
    ['gemma3', 'f16'],
    ['gemma3', 'bf16'],
    ['llama-single', 'f16'],
    ['gpt2-single', 'f32'],
    ['gemma3-soft-limits', 'f16'],
    ['modernbert-single', 'f32'],
    ['modernbert-mask', 'f16'],
    ['modernbert-mask', 'bf16'],
  ] as const)('of %s in %s equal eager ones bit for bit, with gradient checkpointing too', async (name, storage) => {
    const eager = await trainUpdates(training(name), storage, 0);
    const replayed = await trainUpdates(training(name), storage, 32);
    const checkpointed = await trainUpdates(training(name), storage, 32, { checkpointEvery: 1 });
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
  it('finds the last token by the mask where its config names no padding', async () => {
    const { model, expected, batch } = await loadModelCase('llama-single', { pad_token_id: null });
    const filled = model.bucket(batch);
    const context = trainingContext(filled);
    const logits = tf.tidy(() => model.forward(filled, { context, labelSmoothing: 0 }).logits!);
    const tolerance = { absolute: 1e-4, relative: 1e-4 };
    expectClose((await logits.data()) as Float32Array, expected.get('logits')!.data, tolerance);
  });
  it('refuses an id beyond its vocabulary, and a text beyond its positions', async () => {
    const { model } = await loadModelCase('llama-tied');
    const ids = (data: Int32Array): Batch => ({ input_ids: { data, shape: [1, data.length] } });
    const forward = (batch: Batch) => model.forward(batch, { context: trainingContext(batch), labelSmoothing: 0 });
    expect(() => forward(ids(Int32Array.of(1, 53)))).toThrow('53 embeddings');
    expect(() => forward(ids(new Int32Array(41)))).toThrow('at most 40');
  });
});
