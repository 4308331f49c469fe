// Names and order of parameters, and the sum of gradients over micro-batches.

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { Gradients } from '#nn/gradients.ts';
import { LayerNorm } from '#nn/layer-norm.ts';
import { Linear } from '#nn/linear.ts';
import { Module } from '#nn/module.ts';
import { Parameter } from '#nn/parameter.ts';
import type { Batch } from '#util/nd-array.ts';
import { LinearRegression } from '../../setup/linear-regression.ts';

beforeAll(() => tf.setBackend('cpu'));

class Block extends Module {
  readonly scale = this.parameter('scale', new Parameter([1], 'ones'));
  readonly dense = this.child('attention.dense', new Linear(3, 2));
  readonly norm = this.child('LayerNorm', new LayerNorm(2, 1e-5));
}

describe('Module', () => {
  it("lists parameters with torch's dotted names, in order of registration", () => {
    const shapes = [...new Block().namedParameters()].map(([name, { shape, isNorm }]) => [name, shape, isNorm]);
    expect(shapes).toEqual([
      ['scale', [1], false],
      ['attention.dense.weight', [2, 3], false],
      ['attention.dense.bias', [2], false],
      ['LayerNorm.weight', [2], true],
      ['LayerNorm.bias', [2], true],
    ]);
  });
  it('frees every parameter', () => {
    const before = tf.memory().numTensors;
    const block = new Block();
    for (const parameter of block.namedParameters().values()) parameter.load(new Float32Array(parameter.size));
    expect(tf.memory().numTensors).toBe(before + 5);
    block.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('Parameter', () => {
  it('refuses to be used before it has values', () => {
    expect(() => new Parameter([2], 'zeros').value).toThrow('before its weights are loaded');
  });
  it('takes new values in place of the old ones', () => {
    const parameter = new Parameter([2, 2], 'zeros');
    parameter.load(Float32Array.of(1, 2, 3, 4));
    const before = tf.memory().numTensors;
    parameter.load(Float32Array.of(5, 6, 7, 8));
    expect([...parameter.value.dataSync()]).toEqual([5, 6, 7, 8]);
    expect(tf.memory().numTensors).toBe(before);
    parameter.dispose();
  });
});

describe('Gradients', () => {
  const batch = (x: number, label: number) => ({
    x: { data: Float32Array.of(x), shape: [1] },
    labels: { data: Float32Array.of(label), shape: [1] },
  });
  const make = (model: LinearRegression, lossScale: tf.Tensor) =>
    new Gradients(model, { seed: 1, storage: 'f32', labelSmoothing: 0, lossScale, sinks: new Map() });
  const source = (given: Batch) => ({ batch: given, forwardStep: 0, numItemsInBatch: null });

  it('adds scaled gradients, tells unscaled losses, and keeps no tensor after clear()', () => {
    const model = new LinearRegression({ a: 1, b: 0 });
    const lossScale = tf.tensor1d([8]);
    const gradients = make(model, lossScale);
    const before = tf.memory().numTensors;
    // Errors of 3 - 1 = 2 and 1 - 2 = -1; each loss counts half.
    const losses = [batch(3, 1), batch(1, 2)].map((each, i) => {
      gradients.addMicroBatch(source(each), i === 0, 2);
      return gradients.loss.dataSync()[0];
    });
    expect(losses).toEqual([2, 0.5]);
    expect([...gradients.byName].map(([name, gradient]) => [name, ...gradient.dataSync()])).toEqual([
      ['a', 8 * (2 * 3 + -1 * 1)],
      ['b', 8 * (2 - 1)],
    ]);
    gradients.clear();
    expect(gradients.byName.size).toBe(0);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('says so when a batch has no labels', () => {
    const { labels: _labels, ...unlabelled } = batch(1, 1);
    const gradients = make(new LinearRegression(), tf.tensor1d([1]));
    expect(() => gradients.addMicroBatch(source(unlabelled), true)).toThrow('no labels');
  });
});
