// Every family and head beside transformers: logits, loss and every parameter's gradient of tiny checkpoints, in every
// storage, as they came and filled up to a length that is recorded.

import { readdirSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ComputeStorage } from '#nn/forward-context.ts';
import { startEngine } from '../setup/dawn.ts';
import { fixtureFolder } from '../setup/fixtures.ts';
import { disposeKept, trainingContext } from '../setup/forward-context.ts';
import { loadModelCase } from '../setup/model-case.ts';
import { expectClose } from '../setup/tensors.ts';

beforeAll(async () => {
  await startEngine();
  await tf.setBackend('atelier');
});

const CASES = readdirSync(fixtureFolder('models')).sort();

interface Tolerance {
  readonly logits: number;
  readonly gradient: number;
}

async function compare(name: string, storage: ComputeStorage, tolerance: Tolerance, padded: boolean) {
  const { model, expected, batch: given } = await loadModelCase(name);
  const batch = padded ? model.bucket(given) : given;
  const parameters = model.namedParameters();
  const variables = [...parameters.values()].map((parameter) => parameter.variable);
  const { shape: logitsShape, data: logitsExpected } = expected.get('logits')!;
  const forward = (wantsLogits: boolean) =>
    model.forward(batch, { context: trainingContext(batch, { storage }), labelSmoothing: 0, wantsLogits });
  const logits = tf.tidy(() =>
    tf.slice(forward(true).logits!, new Array<number>(logitsShape.length).fill(0), [...logitsShape]),
  );
  const { value, grads } = tf.variableGrads(() => forward(false).loss!, variables);
  const close = async (tensor: tf.Tensor, reference: Float32Array, absolute: number, relative: number, path: string) =>
    expectClose((await tensor.data()) as Float32Array, reference, { absolute, relative }, path);
  // What padding gives is nobody's: a position that sees no token is left to each implementation.
  const perToken = logitsShape[1] === given['input_ids']!.shape[1] && logitsShape.length === 3;
  const counts = (i: number) => !perToken || given['attention_mask']!.data[Math.floor(i / logitsShape[2]!)] === 1;
  expectClose(
    ((await logits.data()) as Float32Array).filter((_, i) => counts(i)),
    logitsExpected.filter((_, i) => counts(i)),
    { absolute: tolerance.logits, relative: tolerance.logits },
    'logits',
  );
  await close(value, expected.get('loss')!.data, tolerance.logits, tolerance.logits, 'loss');
  for (const [path, { variable }] of parameters) {
    const reference = expected.get(`grad.${path}`)!.data;
    // Relative to the largest gradient of the tensor: single elements may cancel to almost nothing.
    const scale = reference.reduce((top, each) => Math.max(top, Math.abs(each)), 1e-3);
    await close(grads[variable.name]!, reference, tolerance.gradient * scale, tolerance.gradient, `grad.${path}`);
  }
  tf.dispose([value, grads, logits]);
  disposeKept();
  model.dispose();
}

describe.each(CASES)('%s', (name) => {
  it('in f32', () => compare(name, 'f32', { logits: 1e-4, gradient: 1e-3 }, false));
  it('in f32, filled up to a recorded length', () => compare(name, 'f32', { logits: 1e-4, gradient: 1e-3 }, true));
  it('with f16 storage', () => compare(name, 'f16', { logits: 2e-2, gradient: 5e-2 }, false));
  it('with bf16 storage', () => compare(name, 'bf16', { logits: 1e-1, gradient: 2e-1 }, false));
  it('finds every tensor, and names parameters as transformers does', async () => {
    const { prepared, expected } = await loadModelCase(name);
    expect(prepared.plan.fresh).toEqual([]);
    expect(prepared.plan.unused).toEqual([]);
    const named = [...expected.keys()].filter((key) => key.startsWith('grad.')).map((key) => key.slice(5));
    expect([...prepared.parameters.keys()].sort()).toEqual(named.sort());
    prepared.model.dispose();
  });
});
