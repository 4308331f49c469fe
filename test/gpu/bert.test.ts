// BERT classifiers against transformers: logits, loss and every parameter's gradient.

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, it } from 'vitest';
import { openWeights } from '#formats/weight-files.ts';
import { loadPrepared, prepareModel } from '#models/auto-model.ts';
import type { JsonObject } from '#models/pretrained-config.ts';
import type { ProblemType } from '#nn/losses.ts';
import { parseHfJson } from '#util/hf-json.ts';
import type { Batch } from '#util/nd-array.ts';
import { startEngine } from '../setup/dawn.ts';
import { fixtureFolder, folderFiles, readTensors } from '../setup/fixtures.ts';
import { trainingContext } from '../setup/forward-context.ts';
import { expectClose } from '../setup/tensors.ts';

beforeAll(async () => {
  await startEngine();
  await tf.setBackend('atelier');
});

const INTEGERS = ['input_ids', 'attention_mask', 'token_type_ids'];

async function loadCase(name: string) {
  const files = folderFiles(fixtureFolder(name));
  const config = parseHfJson(await files.get('config.json')!.text(), 'config.json') as JsonObject;
  const json: JsonObject = {
    ...config,
    hidden_dropout_prob: 0,
    attention_probs_dropout_prob: 0,
    classifier_dropout: 0,
  };
  const weights = await openWeights(files);
  const problemType = json['problem_type'] as ProblemType;
  const labels = Object.values((json['id2label'] ?? { 0: 'LABEL_0', 1: 'LABEL_1' }) as Record<string, string>);
  const model = await loadPrepared(
    prepareModel(json, weights, { task: 'text-classification', labels, problemType }),
    weights,
    42,
  );
  const expected = await readTensors(files.get('expected.safetensors')!);
  const batch: Batch = Object.fromEntries(
    [...INTEGERS, 'labels'].map((field) => {
      const { data, shape } = expected.get(field)!;
      const integer = INTEGERS.includes(field) || problemType === 'single_label_classification';
      return [field, { data: integer ? Int32Array.from(data) : data, shape }];
    }),
  );
  return { model, expected, batch };
}

async function compare(name: string, storage: 'f32' | 'f16', tolerance: { logits: number; gradient: number }) {
  const { model, expected, batch } = await loadCase(name);
  const parameters = model.namedParameters();
  const variables = [...parameters.values()].map((parameter) => parameter.variable);
  let logits: tf.Tensor | null = null;
  const { value, grads } = tf.variableGrads(() => {
    const output = model.forward(batch, {
      context: trainingContext(batch, { storage }),
      labelSmoothing: 0,
    });
    logits = tf.keep(tf.clone(output.logits!));
    return output.loss!;
  }, variables);
  expectClose(
    (await logits!.data()) as Float32Array,
    expected.get('logits')!.data,
    { absolute: tolerance.logits, relative: tolerance.logits },
    'logits',
  );
  expectClose(
    (await value.data()) as Float32Array,
    expected.get('loss')!.data,
    { absolute: tolerance.logits, relative: tolerance.logits },
    'loss',
  );
  for (const [path, parameter] of parameters) {
    const gradient = (await grads[parameter.variable.name]!.data()) as Float32Array;
    const reference = expected.get(`grad.${path}`)!.data;
    // Relative to the largest gradient of the tensor: single elements may cancel to almost nothing.
    const scale = reference.reduce((top, value) => Math.max(top, Math.abs(value)), 1e-3);
    expectClose(gradient, reference, { absolute: tolerance.gradient * scale, relative: tolerance.gradient }, path);
  }
  tf.dispose([value, grads, logits!]);
  model.dispose();
}

describe('BertForSequenceClassification', () => {
  for (const name of ['bert-single', 'bert-multi', 'bert-regression']) {
    it(`${name} in f32`, () => compare(name, 'f32', { logits: 1e-4, gradient: 1e-3 }));
    it(`${name} with f16 storage`, () => compare(name, 'f16', { logits: 2e-2, gradient: 5e-2 }));
  }
});
