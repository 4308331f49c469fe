// The smallest model the Trainer can train: y = a·x + b, a plain tfjs model, with data made of a line. Used by the
// trainer's tests.

import * as tf from '@tensorflow/tfjs';
import { type Example, InMemoryDataset } from '#data/dataset.ts';
import { Parameter } from '#nn/parameter.ts';
import type { ForwardOptions, ModelOutput, TrainableModel } from '#nn/trainable-model.ts';
import { parseTrainingArguments, type TrainingArguments } from '#protocol/training-arguments.ts';
import type { Batch } from '#util/nd-array.ts';

export class LinearRegression implements TrainableModel {
  readonly acceptsLossKwargs: boolean;
  readonly inputNames: readonly string[] = ['x'];
  /** Every batch that a forward pass got, in training and evaluation. */
  readonly seen: Batch[] = [];
  readonly #parameters = new Map([
    ['a', new Parameter([1], 'zeros')],
    ['b', new Parameter([1], 'zeros')],
  ]);

  constructor({ acceptsLossKwargs = false, a = 0, b = 0 } = {}) {
    this.acceptsLossKwargs = acceptsLossKwargs;
    this.#parameters.get('a')!.load(Float32Array.of(a));
    this.#parameters.get('b')!.load(Float32Array.of(b));
  }

  namedParameters(): ReadonlyMap<string, Parameter> {
    return this.#parameters;
  }

  /** a and b. */
  get values(): [number, number] {
    return [...this.#parameters.values()].map(({ variable }) => variable.dataSync()[0]!) as [number, number];
  }

  forward(batch: Batch, { context }: ForwardOptions): ModelOutput {
    this.seen.push(batch);
    const x = tf.tensor1d(Float32Array.from(batch['x']!.data));
    const [a, b] = [...this.#parameters.values()].map(({ value }) => value) as [tf.Tensor, tf.Tensor];
    const logits = tf.add(tf.mul(a, x), b);
    if (!batch['labels']) return { loss: null, logits };
    const errors = tf.squaredDifference(logits, tf.tensor1d(Float32Array.from(batch['labels'].data)));
    return { loss: tf.div(tf.sum(errors), context.source.numItemsInBatch ?? x.size).asScalar(), logits };
  }

  itemsIn(batch: Batch): number {
    return batch['x']!.data.length;
  }

  floatingPointOperations(batch: Batch): number {
    return 6 * batch['x']!.data.length;
  }

  configJson(): Readonly<Record<string, unknown>> {
    return { model_type: 'line' };
  }
}

/** Points of y = 2x - 1 at i / count - 0.5: whole sums are easy to check by hand. */
export function line(count: number): InMemoryDataset<Example> {
  return new InMemoryDataset(
    Array.from({ length: count }, (_, i) => ({ x: i / count - 0.5, label: 2 * (i / count - 0.5) - 1, row: i })),
  );
}

/** Arguments that log and save nothing unless told; HF's names. */
export function argumentsOf(given: Readonly<Record<string, unknown>>): TrainingArguments {
  const parsed = parseTrainingArguments({ save_strategy: 'no', logging_strategy: 'no', ...given });
  if (!parsed.ok) throw new Error(parsed.issues.map(({ message }) => message).join('\n'));
  return parsed.args;
}
