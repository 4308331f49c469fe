// GPT-2 beside transformers: logits, loss and every gradient of a tiny checkpoint, on our backend.

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

beforeAll(async () => void (await startEngine()));

async function loadCase() {
  const files = folderFiles(fixtureFolder('gpt2'));
  const json = parseHfJson(await files.get('config.json')!.text(), 'config.json') as JsonObject;
  const model = buildModel(json, {
    task: 'text-generation',
    labels: [],
    problemType: 'single_label_classification',
  });
  const weights = await openWeights(files);
  for (const [name, parameter] of model.namedParameters()) parameter.load(await weights.readFloat32(name));
  const expected = await readTensors(files.get('expected.safetensors')!);
  const batch: Batch = Object.fromEntries(
    ['input_ids', 'attention_mask', 'labels'].map((field) => {
      const { data, shape } = expected.get(field)!;
      return [field, { data: Int32Array.from(data), shape }];
    }),
  );
  return { model, expected, batch };
}

async function compare(storage: ComputeStorage, tolerance: { logits: number; gradient: number }, padded: boolean) {
  await tf.setBackend('atelier');
  const { model, expected, batch: given } = await loadCase();
  const batch = padded ? model.bucket(given) : given;
  const parameters = model.namedParameters();
  const variables = [...parameters.values()].map((parameter) => parameter.variable);
  const forward = (wantsLogits: boolean) =>
    model.forward(batch, { context: trainingContext(batch, { storage }), labelSmoothing: 0, wantsLogits });
  const logits = tf.tidy(() => tf.slice(forward(true).logits!, [0, 0, 0], [3, 13, 53]));
  const { value, grads } = tf.variableGrads(() => forward(false).loss!, variables);
  const close = async (tensor: tf.Tensor, name: string, absolute: number, relative: number) =>
    expectClose((await tensor.data()) as Float32Array, expected.get(name)!.data, { absolute, relative }, name);
  await close(logits, 'logits', tolerance.logits, tolerance.logits);
  await close(value, 'loss', tolerance.logits, tolerance.logits);
  for (const [path, { variable }] of parameters) {
    // Relative to the largest gradient of the tensor: single elements may cancel to almost nothing.
    const scale = expected.get(`grad.${path}`)!.data.reduce((top, each) => Math.max(top, Math.abs(each)), 1e-3);
    await close(grads[variable.name]!, `grad.${path}`, tolerance.gradient * scale, tolerance.gradient);
  }
  tf.dispose([value, grads, logits]);
  disposeKept();
  model.dispose();
}

describe('GPT2LMHeadModel', () => {
  it('in f32', () => compare('f32', { logits: 1e-4, gradient: 1e-3 }, false));
  it('in f32, filled up to a recorded length', () => compare('f32', { logits: 1e-4, gradient: 1e-3 }, true));
  it('with f16 storage', () => compare('f16', { logits: 2e-2, gradient: 5e-2 }, false));
  it('refuses an id beyond its vocabulary, and a text beyond its positions', async () => {
    const { model } = await loadCase();
    const ids = (data: Int32Array): Batch => ({ input_ids: { data, shape: [1, data.length] } });
    const forward = (batch: Batch) => model.forward(batch, { context: trainingContext(batch), labelSmoothing: 0 });
    expect(() => forward(ids(Int32Array.of(1, 53)))).toThrow('53 embeddings');
    expect(() => forward(ids(new Int32Array(21)))).toThrow('at most 20');
  });
});
