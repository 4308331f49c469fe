// Our walk of the tape beside tfjs's own, on the CPU.

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { backward, type GradientSink } from '#gpu/backward.ts';

beforeAll(async () => void (await tf.setBackend('cpu')));

const numbers = (tensor: tf.Tensor): number[] => [...tensor.dataSync()];
const NO_SINKS: ReadonlyMap<object, GradientSink> = new Map();

/** Uses a twice in one operation, hands gradients on unchanged, and leaves c out. */
const loss = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => {
  const squared = tf.mul(a, a);
  const reshaped = tf.reshape(tf.add(squared, b), [2, 2]);
  return tf.sum(tf.mul(tf.tanh(reshaped), reshaped)).asScalar();
};

const inputs = () => [tf.tensor1d([1, -2, 0.5, 3]), tf.tensor1d([0.1, 0.2, 0.3, 0.4]), tf.tensor1d([9])] as const;

describe('backward', () => {
  it("gives tfjs's gradients, scaled, and none where there is none", () => {
    const [a, b, c] = inputs();
    const expected = tf.grads((x, y) => loss(x!, y!))([a, b]);
    const parameters = new Map<string, tf.Tensor>([
      ['a', a],
      ['b', b],
      ['c', c],
    ]);
    const found = backward(() => loss(a, b), tf.scalar(2), parameters, NO_SINKS, tf.add);
    expect([...found.keys()]).toEqual(['a', 'b']);
    for (const [i, name] of ['a', 'b'].entries()) {
      numbers(found.get(name)!).forEach((value, at) => {
        expect(value).toBeCloseTo(2 * numbers(expected[i]!)[at]!, 5);
      });
    }
  });

  it('keeps nothing but the gradients', () => {
    const [a, b] = inputs();
    const dy = tf.scalar(1);
    const before = tf.memory().numTensors;
    const found = backward(
      () => loss(a, b),
      dy,
      new Map([
        ['a', a],
        ['b', b],
      ]),
      NO_SINKS,
      tf.add,
    );
    expect(tf.memory().numTensors).toBe(before + 2);
    tf.dispose([...found.values()]);
  });

  it('frees what the forward pass made when it fails, and can go on', () => {
    const [a, b] = inputs();
    const dy = tf.scalar(1);
    const before = tf.memory().numTensors;
    const failing = () => {
      loss(a, b);
      throw new Error('bad batch');
    };
    expect(() => backward(failing, dy, new Map([['a', a]]), NO_SINKS, tf.add)).toThrow('bad batch');
    expect(tf.memory().numTensors).toBe(before);
    expect(backward(() => loss(a, b), tf.scalar(1), new Map([['b', b]]), NO_SINKS, tf.add).size).toBe(1);
  });

  it('says which operation has no gradient', () => {
    const a = tf.tensor1d([1, 2]);
    const forward = () => tf.sum(tf.cumsum(tf.floorDiv(a, 1))).asScalar();
    const noGradient = () => tf.sum(tf.topk(a, 1).values).asScalar();
    expect(() => backward(noGradient, tf.scalar(1), new Map([['a', a]]), NO_SINKS, tf.add)).toThrow('TopK');
    expect(backward(forward, tf.scalar(1), new Map([['a', a]]), NO_SINKS, tf.add).size).toBe(1);
  });
});
