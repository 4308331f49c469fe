// The smallest classifier that is recorded and replayed: one map and a cross-entropy, so that thousands of steps take
// seconds on an emulated GPU too.

import { type Example, InMemoryDataset } from '#data/dataset.ts';
import { Linear } from '#nn/linear.ts';
import { countedRows, sequenceClassificationLoss } from '#nn/losses.ts';
import { Module } from '#nn/module.ts';
import type { ForwardOptions, ModelOutput, TrainableModel } from '#nn/trainable-model.ts';
import type { Batch } from '#util/nd-array.ts';
import { values } from './tensors.ts';

const FEATURES = 16;
const CLASSES = 4;

export class LinearClassifier extends Module implements TrainableModel {
  readonly acceptsLossKwargs = true;
  readonly inputNames = ['x'];
  readonly #map = this.child('map', new Linear(FEATURES, CLASSES));

  constructor() {
    super();
    for (const parameter of this.namedParameters().values()) parameter.load(values(parameter.size, 1));
  }

  forward(batch: Batch, { context, labelSmoothing }: ForwardOptions): ModelOutput {
    const x = context.feed((source) => Float32Array.from(source.batch['x']!.data), batch['x']!.shape);
    const logits = this.#map.forward(x, context);
    const type = 'single_label_classification';
    return { loss: batch['labels'] ? sequenceClassificationLoss(logits, type, context, labelSmoothing) : null, logits };
  }

  itemsIn(batch: Batch): number {
    return batch['labels'] ? countedRows(batch['labels']) : 0;
  }

  floatingPointOperations(): number {
    return 0;
  }

  configJson(): null {
    return null;
  }
}

/** The greatest of the first features is the label. */
export function featureRows(count: number): InMemoryDataset<Example> {
  const numbers = values(count * FEATURES, 2);
  return new InMemoryDataset(
    Array.from({ length: count }, (_, row) => {
      const x = [...numbers.subarray(row * FEATURES, (row + 1) * FEATURES)];
      return { x, label: x.slice(0, CLASSES).indexOf(Math.max(...x.slice(0, CLASSES))) };
    }),
  );
}
