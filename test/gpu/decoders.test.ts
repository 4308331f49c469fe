// Llama, Qwen2, Qwen3 and Gemma 3 beside transformers: logits, loss and every gradient of tiny checkpoints, on our backend.

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { openWeights } from '#formats/weight-files.ts';
import { buildModel } from '#models/auto-model.ts';
import type { JsonObject } from '#models/pretrained-config.ts';
import type { ComputeStorage } from '#nn/forward-context.ts';
import { parseHfJson } from '#util/hf-json.ts';
import type { Batch } from '#util/nd-array.ts';
import { startEngine } from '../setup/dawn.ts';
import { fixtureFolder, folderFiles, readTensors } from '../setup/fixtures.ts';
import { disposeKept, trainingContext } from '../setup/forward-context.ts';
import { expectClose } from '../setup/tensors.ts';
import { trainUpdates } from '../setup/train-updates.ts';

beforeAll(async () => void (await startEngine()));

async function loadCase(name: string) {
  const files = folderFiles(fixtureFolder(`decoders/${name}`));
  const json = parseHfJson(await files.get('config.json')!.text(), 'config.json') as JsonObject;
  const model = buildModel(json, {
    task: 'text-generation',
    labels: [],
    problemType: 'single_label_classification',
  });
  const weights = await openWeights(new Map([...files].filter(([file]) => file !== 'expected.safetensors')));
  expect([...model.namedParameters().keys()].sort()).toEqual([...weights.names].sort());
  for (const [path, parameter] of model.namedParameters()) parameter.load(await weights.readFloat32(path));
  const expected = await readTensors(files.get('expected.safetensors')!);
  const batch: Batch = Object.fromEntries(
    ['input_ids', 'attention_mask', 'labels'].map((field) => {
      const { data, shape } = expected.get(field)!;
      return [field, { data: Int32Array.from(data), shape }];
    }),
  );
  return { model, expected, batch };
}

async function compare(
  name: string,
  storage: ComputeStorage,
  tolerance: { logits: number; gradient: number },
  padded = false,
) {
  await tf.setBackend('atelier');
  const { model, expected, batch: given } = await loadCase(name);
  const batch = padded ? model.bucket(given) : given;
  const parameters = model.namedParameters();
  const variables = [...parameters.values()].map((parameter) => parameter.variable);
  const shape = expected.get('logits')!.shape as [number, number, number];
  let logits: tf.Tensor | null = null;
  const { value, grads } = tf.variableGrads(() => {
    const output = model.forward(batch, { context: trainingContext(batch, { storage }), labelSmoothing: 0 });
    logits = tf.keep(tf.slice(output.logits, [0, 0, 0], shape));
    return output.loss!;
  }, variables);
  /** The values at positions that hold a token: what padding gives is nobody's. */
  const atTokens = (all: Float32Array): Float32Array =>
    all.filter((_, i) => given['attention_mask']!.data[Math.floor(i / shape[2])] === 1);
  expectClose(
    atTokens((await logits!.data()) as Float32Array),
    atTokens(expected.get('logits')!.data),
    { absolute: tolerance.logits, relative: tolerance.logits },
    'logits',
  );
  const close = async (tensor: tf.Tensor, key: string, absolute: number, relative: number) =>
    expectClose((await tensor.data()) as Float32Array, expected.get(key)!.data, { absolute, relative }, key);
  await close(value, 'loss', tolerance.logits, tolerance.logits);
  for (const [path, { variable }] of parameters) {
    // Relative to the largest gradient of the tensor: single elements may cancel to almost nothing.
    const scale = expected.get(`grad.${path}`)!.data.reduce((top, each) => Math.max(top, Math.abs(each)), 1e-3);
    await close(grads[variable.name]!, `grad.${path}`, tolerance.gradient * scale, tolerance.gradient);
  }
  tf.dispose([value, grads, logits!]);
  disposeKept();
  model.dispose();
}

describe.each(['llama-tied', 'llama-untied', 'qwen2', 'qwen3', 'gemma3'])('%s', (name) => {
  it('in f32', () => compare(name, 'f32', { logits: 1e-4, gradient: 1e-3 }));
  it('in f32, filled up to a recorded length', () => compare(name, 'f32', { logits: 1e-4, gradient: 1e-3 }, true));
  it('with f16 storage', () => compare(name, 'f16', { logits: 1e-2, gradient: 2e-2 }));
  it('with bf16 storage', () => compare(name, 'bf16', { logits: 5e-2, gradient: 1e-1 }));
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
    makeModel: async () => (await loadCase(name)).model,
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
    await tf.setBackend('atelier');
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
    const { model } = await loadCase('llama-tied');
    const ids = (data: Int32Array): Batch => ({ input_ids: { data, shape: [1, data.length] } });
    const forward = (batch: Batch) => model.forward(batch, { context: trainingContext(batch), labelSmoothing: 0 });
    expect(() => forward(ids(Int32Array.of(1, 53)))).toThrow('53 embeddings');
    expect(() => forward(ids(new Int32Array(41)))).toThrow('at most 40');
  });
});
