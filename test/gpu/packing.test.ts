// Texts that share a row see themselves alone: losses and gradients are those of rows of their own.

import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, it } from 'vitest';
import { InMemoryDataset } from '#data/dataset.ts';
import { pack } from '#data/tasks/packing.ts';
import { openWeights } from '#formats/weight-files.ts';
import { loadPrepared, prepareModel } from '#models/auto-model.ts';
import type { JsonObject } from '#models/pretrained-config.ts';
import { parseHfJson } from '#util/hf-json.ts';
import { IGNORE_INDEX } from '#util/ignore-index.ts';
import type { Batch } from '#util/nd-array.ts';
import { startEngine } from '../setup/dawn.ts';
import { fixtureFolder, folderFiles } from '../setup/fixtures.ts';
import { disposeKept, trainingContext } from '../setup/forward-context.ts';
import { expectClose } from '../setup/tensors.ts';

beforeAll(async () => {
  await startEngine();
  await tf.setBackend('atelier');
});

const TEXTS = [
  [5, 9, 14, 3, 8],
  [7, 2, 11],
  [4, 6, 13, 10, 12, 1],
];
const examples = TEXTS.map((ids) => ({
  input_ids: Int32Array.from(ids),
  attention_mask: new Uint8Array(ids.length).fill(1),
  labels: Int32Array.from(ids, (id, i) => (i === 1 ? IGNORE_INDEX : id)),
}));

function batchOf(rows: readonly Record<string, ArrayLike<number>>[], names: readonly string[]): Batch {
  const length = Math.max(...rows.map((row) => row['input_ids']!.length));
  return Object.fromEntries(
    names.map((name) => {
      const fill = name === 'labels' ? IGNORE_INDEX : 0;
      const data = rows.flatMap((row) => [
        ...Array.from(row[name]!),
        ...new Array(length - row[name]!.length).fill(fill),
      ]);
      return [name, { data: Int32Array.from(data), shape: [rows.length, length] }];
    }),
  );
}

describe.each(['gpt2', 'models/llama-tied', 'models/gemma3'])('%s', (name) => {
  it('gives packed texts the loss and gradients of separate ones', async () => {
    const files = folderFiles(fixtureFolder(name));
    const json = parseHfJson(await files.get('config.json')!.text(), 'config.json') as JsonObject;
    const weights = await openWeights(files);
    const head = { task: 'text-generation', labels: [], problemType: 'single_label_classification' } as const;
    const model = await loadPrepared(prepareModel(json, weights, head), weights, 42);
    const variables = [...model.namedParameters().values()].map(({ variable }) => variable);
    const gradientsOf = (batch: Batch) =>
      tf.variableGrads(
        () => model.forward(batch, { context: trainingContext(batch), labelSmoothing: 0 }).loss!,
        variables,
      );
    const apart = gradientsOf(batchOf(examples, ['input_ids', 'attention_mask', 'labels']));
    const packed = pack(new InMemoryDataset(examples), 10) as Record<string, ArrayLike<number>>[];
    const names = ['input_ids', 'attention_mask', 'labels', 'position_ids'];
    const together = gradientsOf(model.bucket(batchOf(packed, names)));
    const tolerance = { absolute: 1e-5, relative: 1e-4 };
    expectClose(await together.value.data(), await apart.value.data(), tolerance, 'loss');
    for (const [path, gradient] of Object.entries(apart.grads))
      expectClose(await together.grads[path]!.data(), await gradient.data(), tolerance, path);
    disposeKept();
    model.dispose();
  });
});
